/** Stock kubectl and helm against a server of apiserver/testing.ts, with a home of their own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';

const programs = {
  kubectl: resolve('.setup/bin/kubectl'),
  oldKubectl: resolve('.setup/peers/usr/bin/kubectl'),
  helm: resolve('.setup/bin/helm'),
};

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface StockClients {
  /** `kubectl edit` runs the script `editor` in it. */
  readonly folder: string;
  readonly kubeconfig: string;
  /** Resolves whatever the exit code. `input` is its standard input. */
  run(
    program: keyof typeof programs,
    args: readonly string[],
    input?: string | object,
  ): Promise<Ran>;
  /** What it printed; anything but 0 fails the test. */
  kubectl(words: string, input?: string | object): Promise<string>;
}

export function createStockClients(
  t: ExecutionContext,
  { port, ca }: { readonly port: number; readonly ca: string },
): StockClients {
  const folder = mkdtempSync(join(tmpdir(), `wherry-clients-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(configFor(port, ca)));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: folder,
    KUBECONFIG: kubeconfig,
    KUBE_EDITOR: join(folder, 'editor'),
  };
  const clients: StockClients = {
    folder,
    kubeconfig,
    run: (program, args, input = '') => {
      const text = typeof input === 'string' ? input : JSON.stringify(input);
      return runProgram(programs[program], { args, env, cwd: folder, input: text });
    },
    async kubectl(words, input) {
      const { code, out, err } = await clients.run('kubectl', words.split(' '), input);
      if (code !== 0) throw new Error(`kubectl ${words} ended with ${code}: ${err}${out}`);
      return out;
    },
  };
  return clients;
}

interface Program {
  readonly args: readonly string[];
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  readonly input: string;
}

function runProgram(file: string, { args, env, cwd, input }: Program): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd, timeout: 60_000 });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err += data;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
    child.stdin.on('error', () => {}); // It may end without reading all of it.
    child.stdin.end(input);
  });
}

const configFor = (port: number, ca: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: 'test',
      cluster: {
        server: `https://127.0.0.1:${port}`,
        'certificate-authority-data': Buffer.from(ca).toString('base64'),
      },
    },
  ],
  users: [{ name: 'test', user: { token: 'test' } }],
  contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  'current-context': 'test',
});
