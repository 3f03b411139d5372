import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toggle } from '../../base/config.ts';
import { UsageError } from '../../base/errors.ts';
import {
  etcdFlags,
  etcdOptionsOf,
  readFile,
  type Snapshot,
  writeEtcd,
  writeFile,
} from '../../store/index.ts';
import { extractArchive, type Manifest } from '../backup/archive.ts';
import { readEntries } from '../backup/entries.ts';
import { defineCommand } from '../command.ts';
import { type Instance, instanceFlags, instanceOf } from '../instance.ts';
import { isAlive, readRecord } from '../process-record.ts';

/** A backup of either backend, into either. */
export const restore = defineCommand({
  usage: 'FILE [flags]',
  flags: {
    ...instanceFlags,
    ...etcdFlags,
    force: toggle('Replace the state and the certificates that are there.'),
  },
  async run({ force, ...config }, [file, ...rest], { print }) {
    if (!file || rest.length > 0) throw new UsageError('one file is needed');
    const instance = instanceOf(config);
    const isEtcd = config.etcdServers.length > 0;
    refuseIfUsed(instance, { isEtcd, force });
    mkdirSync(instance.root, { recursive: true, mode: 0o700 });
    const folder = mkdtempSync(join(instance.root, '.restore-'));
    try {
      mkdirSync(join(folder, 'pki'), { mode: 0o700 });
      const manifest = await extractArchive(file, folder);
      const snapshot = await openParts(folder, manifest);
      try {
        if (isEtcd) await writeEtcd(etcdOptionsOf(config), snapshot, force);
        else if (manifest.kind === 'entries') await writeFile(join(folder, 'state.db'), snapshot);
      } finally {
        await snapshot.close();
      }
      if (!isEtcd) moveState(folder, instance);
      movePki(folder, instance);
      print(`restored revision ${manifest.revision} of ${manifest.createdAt}`);
      if (isEtcd) print('its objects have new revisions: start all API servers and clients anew');
      return 0;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

function refuseIfUsed(
  instance: Instance,
  { isEtcd, force }: { readonly isEtcd: boolean; readonly force: boolean },
): void {
  const record = readRecord(instance);
  if (record && isAlive(record.up)) {
    throw new Error(`instance ${instance.name} is running: stop it first`);
  }
  const { stateFile, pkiDir } = instance;
  const taken = [...(isEtcd ? [] : [stateFile]), pkiDir].filter((path) => existsSync(path));
  if (taken.length === 0 || force) return;
  throw new Error(`there is a state already (${taken.join(', ')}): --force replaces it`);
}

/** Also checks that the state can be read, before anything is replaced by it. */
async function openParts(folder: string, { kind, revision }: Manifest): Promise<Snapshot> {
  if (kind === 'entries') return readEntries(join(folder, 'entries.jsonl'), revision);
  return readFile(join(folder, 'state.db'));
}

/** The old journal belongs to the old state: with the new one it would be taken for its own. */
function moveState(folder: string, { stateFile }: Instance): void {
  for (const end of ['-wal', '-shm']) {
    rmSync(stateFile + end, { force: true });
    rmSync(join(folder, `state.db${end}`), { force: true });
  }
  renameSync(join(folder, 'state.db'), stateFile);
}

function movePki(folder: string, { pkiDir }: Instance): void {
  const restored = join(folder, 'pki');
  if (readdirSync(restored).length === 0) return;
  if (existsSync(pkiDir)) renameSync(pkiDir, join(folder, 'pki.old'));
  renameSync(restored, pkiDir);
}
