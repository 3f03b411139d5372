/**
 * What a user types and what he reads, as a table: each step is a line for a shell and what it must
 * print. Lines go one after another in a folder, a namespace and with a kubectl of the session's own.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';

/** The stock clients: of today, and Debian's. */
export const kubectls = {
  '1.35': resolve('.setup/bin/kubectl'),
  '1.20': resolve('.setup/peers/usr/bin/kubectl'),
};

export type Version = keyof typeof kubectls;

/**
 * `!` before a line: it must fail, as in a shell. What is printed is standard output and standard
 * error together. `old`: what kubectl 1.20 says instead.
 */
export type Step = readonly [line: string, prints: RegExp, old?: Otherwise];

export interface Otherwise {
  readonly prints: RegExp;
  readonly why: string;
}

/** 1.20 fails with these words, as it does at any server of 1.36: it asks for what is gone. */
export const not = (why: string, prints: RegExp): Otherwise => ({ why, prints });

export const sinceFlag = (version: string, flag: string): Otherwise =>
  not(`the flag came with ${version}`, new RegExp(`unknown flag: ${flag}`));

export const sinceVersion = (version: string, prints: RegExp): Otherwise =>
  not(`the command came with ${version}`, prints);

export interface Story {
  readonly title: string;
  readonly files?: Readonly<Record<string, string | object>>;
  readonly steps: readonly Step[];
}

export interface Session {
  readonly folder: string;
  /** Resolves with what it printed and how it ended. */
  type(line: string): Promise<{ readonly code: number; readonly text: string }>;
}

export interface Place {
  /** Made here, and the session's home. */
  readonly folder: string;
  readonly kubeconfig: string;
  /** `$NS` in a line (`$NODE`: a node that the session may drain); all that is said without `-n` is about it. */
  readonly namespace: string;
  readonly version: Version;
  /** Of the network that the API server is in; absent: the machine's own. */
  readonly netns?: string;
  /** As the kubeconfig names it. */
  readonly cluster?: string;
}

export function openSession(place: Place): Session {
  const { folder, kubeconfig, namespace, version, netns, cluster = 'test' } = place;
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(kubectls[version], join(bin, 'kubectl'));
  symlinkSync(resolve('.setup/bin/helm'), join(bin, 'helm'));
  // The first file that says a thing counts: ours says only where we are.
  const own = join(folder, 'context');
  writeFileSync(own, JSON.stringify(contextFor(cluster, namespace)));
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    HOME: folder,
    TMPDIR: folder,
    KUBECONFIG: `${own}:${kubeconfig}`,
    NS: namespace,
    NODE: version === '1.35' ? 'node-1' : 'node-2',
  };
  return {
    folder,
    type: (line) =>
      new Promise((resolve, reject) => {
        const shell = ['bash', '-c', `set -o pipefail; exec 2>&1; ${line}`];
        const [program, ...words] = netns ? ['nsenter', `--net=${netns}`, ...shell] : shell;
        const child = spawn(program!, words, { env, cwd: folder, timeout: 90_000 });
        let text = '';
        child.stdout.on('data', (data) => {
          text += data;
        });
        child.on('error', reject);
        child.on('close', (code) => resolve({ code: code ?? -1, text }));
        child.stdin.end();
      }),
  };
}

/** The rest is in the other file. */
const contextFor = (cluster: string, namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  contexts: [{ name: 'story', context: { cluster, user: 'admin', namespace } }],
  'current-context': 'story',
});

/** Types each step of the story, and compares. */
export async function tell(
  t: ExecutionContext,
  { files = {}, steps }: Story,
  { session, version }: { readonly session: Session; readonly version: Version },
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const file = join(session.folder, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }
  for (const [line, prints, old] of steps) {
    const otherwise = version === '1.20' ? old : undefined;
    // bash's `!` turns the exit code round.
    const typed = otherwise && !line.startsWith('! ') ? `! { ${line}; }` : line;
    const { code, text } = await session.type(typed);
    t.is(code, 0, `${typed}\n${text}`);
    t.regex(text, otherwise?.prints ?? prints, typed);
  }
}
