/** A real API server in a process of its own, on loopback, that a test may kill and start again. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { ensurePki, type PkiPaths } from '../../cli/pki/apply.ts';
import { encryptionFile, ensureEncryptionConfig } from '../../cli/pki/encryption.ts';
import { writeKubeconfig } from '../../cli/pki/kubeconfig.ts';

const run = promisify(execFile);

/**
 * Not started yet. `flags`: beside those for certificates, port and state file. `program`: what Node
 * runs, the source or a bundle.
 */
export async function createApiProcess(
  flags: readonly string[] = [],
  program: readonly string[] = [resolve('cli/main.ts')],
): Promise<ApiProcess> {
  const folder = mkdtempSync(join(tmpdir(), `wherry-api-${process.pid}-`));
  const port = await findPort();
  const pki = await ensurePki({
    dir: join(folder, 'pki'),
    nodeName: 'node-1',
    nodeAddresses: ['127.0.0.1'],
    serviceCidrFirstAddress: '10.43.0.1',
    domain: 'cluster.local',
    now: Date.now,
  });
  await ensureEncryptionConfig(pki.dir);
  await writeKubeconfig({
    path: join(folder, 'admin.kubeconfig'),
    server: `https://127.0.0.1:${port}`,
    caFile: pki.ca.cert,
    certFile: pki.admin.cert,
    keyFile: pki.admin.key,
    user: 'admin',
    cluster: 'test',
  });
  const words = [
    'apiserver',
    `--secure-port=${port}`,
    '--advertise-address=192.0.2.1',
    `--data-file=${folder}/state.db`,
    `--encryption-provider-config=${encryptionFile(pki.dir)}`,
    `--tls-cert-file=${pki.apiserver.cert}`,
    `--tls-private-key-file=${pki.apiserver.key}`,
    `--client-ca-file=${pki.ca.cert}`,
    `--service-account-key-file=${pki.serviceAccount.publicKey}`,
    `--service-account-signing-key-file=${pki.serviceAccount.privateKey}`,
    '--ready-fd=3',
    ...flags,
  ];
  return new ApiProcess({ folder, port, pki, program, words });
}

interface Parts {
  readonly folder: string;
  readonly port: number;
  readonly pki: PkiPaths;
  readonly program: readonly string[];
  readonly words: readonly string[];
}

export class ApiProcess {
  /** Certificates, state and kubeconfig. */
  readonly folder: string;
  readonly port: number;
  readonly #pki: PkiPaths;
  readonly #program: readonly string[];
  readonly #words: readonly string[];
  #child: ChildProcess | undefined;
  #printed = '';

  constructor({ folder, port, pki, program, words }: Parts) {
    this.folder = folder;
    this.port = port;
    this.#pki = pki;
    this.#program = program;
    this.#words = words;
  }

  /** Resolves once it serves. @throws Error with what it printed when it ends instead */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [...this.#program, ...this.#words], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr!.on('data', (data) => {
      this.#printed += data;
    });
    const isReady = await Promise.race([
      once(child.stdio[3] as Readable, 'data').then(() => true),
      once(child, 'close').then(() => false),
    ]);
    if (!isReady) throw new Error(`the API server did not start:\n${this.#printed}`);
  }

  /** Of the server; 0 = it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** What the administrator shows, as PEM. */
  credentials(): { readonly ca: string; readonly cert: string; readonly key: string } {
    const { ca, admin } = this.#pki;
    const [caText, cert, key] = [ca.cert, admin.cert, admin.key].map((file) =>
      readFileSync(file, 'utf8'),
    );
    return { ca: caText!, cert: cert!, key: key! };
  }

  /** A session over HTTP/2 as the administrator. */
  connect(): ClientHttp2Session {
    const session = connect(`https://127.0.0.1:${this.port}`, this.credentials());
    session.on('error', () => {}); // Each request tells of it.
    return session;
  }

  /** Runs stock kubectl as the administrator. */
  async kubectl(text: string, input?: string): Promise<string> {
    const env = { KUBECONFIG: join(this.folder, 'admin.kubeconfig'), HOME: this.folder };
    const running = run(resolve('.setup/bin/kubectl'), text.split(' '), { env });
    running.child.stdin?.end(input);
    return (await running).stdout;
  }

  /** Ends it and removes all that it had. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await once(server.close(), 'close');
  return port;
}
