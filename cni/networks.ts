/** Which network pods get: the first valid file of the configuration directory, by name. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type NetworkConfList, parseNetworkConfList } from './config.ts';
import { CniError } from './error.ts';

/** Reads again only when the directory or a file of it has changed. @throws CniError 7 */
export function createNetworkLoader(confDir: string, log: Logger): () => NetworkConfList {
  let seen = '';
  let network: NetworkConfList | undefined;
  return () => {
    const files = confFiles(confDir);
    const now = files.map((file) => `${file}:${statSync(file).mtimeMs}`).join();
    if (now !== seen || !network) {
      network = firstValid(files, confDir, log);
      seen = now;
    }
    if (!network) throw new CniError('invalidConfig', `no network is configured in ${confDir}`);
    return network;
  };
}

function confFiles(dir: string): string[] {
  try {
    const names = readdirSync(dir).filter((name) => /\.(conflist|conf|json)$/.test(name));
    return names.sort().map((name) => join(dir, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function firstValid(files: readonly string[], dir: string, log: Logger) {
  for (const file of files) {
    try {
      const folder = (name: string) =>
        confFiles(join(dir, name))
          .filter((path) => path.endsWith('.conf'))
          .map((path) => readFileSync(path, 'utf8'));
      return parseNetworkConfList(readFileSync(file, 'utf8'), folder);
    } catch (error) {
      log.error('Skipped a network configuration', error, { file });
    }
  }
  return undefined;
}
