import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { toggle } from '../../base/config.ts';
import { UsageError } from '../../base/errors.ts';
import { copyFile, etcdFlags, etcdOptionsOf, readEtcd } from '../../store/index.ts';
import { type Manifest, type Part, writeArchive } from '../backup/archive.ts';
import { writeEntries } from '../backup/entries.ts';
import { defineCommand } from '../command.ts';
import { type Instance, instanceFlags, instanceOf } from '../instance.ts';
import { version } from '../version.ts';

/** The state at one moment and the certificates, while everything runs on. */
export const backup = defineCommand({
  usage: 'FILE [flags]',
  flags: { ...instanceFlags, ...etcdFlags, force: toggle('Replace the file when it is there.') },
  async run({ force, ...config }, [name, ...rest], { print }) {
    if (!name || rest.length > 0) throw new UsageError('one file is needed');
    const file = resolve(name);
    if (existsSync(file) && !force)
      throw new Error(`${file} is there already: --force replaces it`);
    const instance = instanceOf(config);
    // Beside the backup: what is large should not land in a small /tmp.
    const folder = mkdtempSync(join(dirname(file), '.wherry-backup-'));
    try {
      const { kind, path, revision } =
        config.etcdServers.length > 0
          ? await dumpEtcd(etcdOptionsOf(config), folder)
          : await copyState(instance, folder);
      const state = { name: kind === 'file' ? 'state.db' : 'entries.jsonl', path };
      const createdAt = new Date().toISOString();
      const manifest: Manifest = { format: 1, kind, revision, createdAt, version };
      await writeArchive(file, manifest, [state, ...pkiOf(instance)]);
      print(`wrote revision ${revision} to ${file}`);
      return 0;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

interface State {
  readonly kind: Manifest['kind'];
  readonly path: string;
  readonly revision: number;
}

async function copyState({ name, stateFile }: Instance, folder: string): Promise<State> {
  if (!existsSync(stateFile)) throw new Error(`instance ${name} has no state: no ${stateFile}`);
  const path = join(folder, 'state.db');
  return { kind: 'file', path, revision: await copyFile(stateFile, path) };
}

async function dumpEtcd(options: ReturnType<typeof etcdOptionsOf>, folder: string): Promise<State> {
  const snapshot = await readEtcd(options);
  try {
    const path = join(folder, 'entries.jsonl');
    await writeEntries(path, snapshot);
    return { kind: 'entries', path, revision: snapshot.revision };
  } finally {
    await snapshot.close();
  }
}

/** Keys, certificates, and what Secrets are encrypted with: without them the state is of no use. */
function pkiOf({ pkiDir }: Instance): Part[] {
  if (!existsSync(pkiDir)) return [];
  return readdirSync(pkiDir, { withFileTypes: true })
    .filter((each) => each.isFile() && !each.name.endsWith('.tmp'))
    .map(({ name }) => ({ name: `pki/${name}`, path: join(pkiDir, name) }));
}
