import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { messageOf, UsageError } from '../../base/errors.ts';
import { parseEncryptionConfig } from './config.ts';
import { Vault } from './vault.ts';

/** Without a file nothing is encrypted. @throws UsageError for a file that cannot be followed */
export async function readVault(file: string | undefined): Promise<Vault> {
  if (file === undefined) return Vault.create([]);
  try {
    return await Vault.create(parseEncryptionConfig(load(readFileSync(file, 'utf8'))));
  } catch (error) {
    throw new UsageError(`--encryption-provider-config=${file}: ${messageOf(error)}`);
  }
}
