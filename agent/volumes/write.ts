/**
 * Writes a volume's files so that a reader sees all old or all new ones (upstream's layout):
 *
 *   ..2026_11_22_10_00_00.123   the files
 *   ..data -> that directory    exchanged by one rename
 *   key -> ..data/key
 */
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VolumeFiles } from './plan-volumes.ts';

/** @returns whether anything changed. */
export async function writeVolume(
  dir: string,
  files: VolumeFiles,
  { gid, stamp }: { readonly gid: number | undefined; readonly stamp: string },
): Promise<boolean> {
  const current = await fs.readlink(join(dir, '..data')).catch(() => undefined);
  if (current && (await isSame(join(dir, current), files))) return false;
  const fresh = `..${stamp}`;
  await fs.rm(join(dir, fresh), { recursive: true, force: true });
  await fs.mkdir(join(dir, fresh), { mode: 0o755 });
  for (const [path, { content, mode }] of files) {
    const target = join(dir, fresh, path);
    await fs.mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await fs.writeFile(target, content);
    if (gid !== undefined) await fs.chown(target, 0, gid);
    await fs.chmod(target, gid === undefined ? mode : mode | 0o040);
  }
  await fs.rm(join(dir, '..data_tmp'), { force: true });
  await fs.symlink(fresh, join(dir, '..data_tmp'));
  await fs.rename(join(dir, '..data_tmp'), join(dir, '..data'));
  await linkKeys(dir, files);
  if (current) await fs.rm(join(dir, current), { recursive: true, force: true });
  return true;
}

async function linkKeys(dir: string, files: VolumeFiles): Promise<void> {
  const wanted = new Set([...files.keys()].map((path) => path.split('/')[0]!));
  const present = (await fs.readdir(dir)).filter((name) => !name.startsWith('..'));
  for (const name of present) if (!wanted.has(name)) await fs.rm(join(dir, name), { force: true });
  for (const name of wanted) {
    if (!present.includes(name)) await fs.symlink(join('..data', name), join(dir, name));
  }
}

async function isSame(dir: string, files: VolumeFiles): Promise<boolean> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  if (entries.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, { content }] of files) {
    const old = await fs.readFile(join(dir, path)).catch(() => undefined);
    if (!old?.equals(content)) return false;
  }
  return true;
}
