/** What the link was like before tuning, in a file for each attachment: DEL puts it back. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../../base/errors.ts';
import type { Attachment } from '../../request.ts';
import type { LinkSettings } from './plan.ts';

interface Backup extends Attachment {
  readonly network: string;
  readonly link: LinkSettings;
}

export interface Backups {
  write(backup: Backup): void;
  read(network: string, attachment: Attachment): LinkSettings | undefined;
  remove(network: string, attachment: Attachment): void;
  keepOnly(network: string, valid: readonly Attachment[]): void;
}

export function openBackups(dir: string): Backups {
  const nameOf = (network: string, { containerId, ifName }: Attachment) =>
    `${network}@${containerId}@${ifName}.json`;
  const remove = (name: string) => rmSync(join(dir, name), { force: true });
  return {
    write: (backup) => {
      const path = join(dir, nameOf(backup.network, backup));
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      // Whole or not at all. Half of one, after a crash, has a name that GC knows.
      writeFileSync(`${path}.new`, JSON.stringify(backup), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    read: (network, attachment) => {
      try {
        const path = join(dir, nameOf(network, attachment));
        return (JSON.parse(readFileSync(path, 'utf8')) as Backup).link;
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
    remove: (network, attachment) => remove(nameOf(network, attachment)),
    keepOnly: (network, valid) => {
      const names = new Set(valid.map((each) => nameOf(network, each)));
      const present = listIfAny(dir).filter((name) => name.startsWith(`${network}@`));
      for (const name of present) if (!names.has(name)) remove(name);
    },
  };
}

function listIfAny(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
