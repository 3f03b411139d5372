/**
 * What the runtime remembers of an attachment: the configuration and the result of its ADD, which
 * CHECK, DEL and GC want later. The files are named and laid out as libcni's.
 */
import { mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../base/errors.ts';
import { type NetworkConfList, parseNetworkConfList } from './config.ts';
import type { Attachment } from './request.ts';
import { type CniResult, parseResult, renderResult } from './result.ts';

export interface CacheEntry extends Attachment {
  readonly network: NetworkConfList;
  readonly netnsPath: string;
  readonly args: Readonly<Record<string, string>>;
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
  readonly result: CniResult;
}

export interface ResultCache {
  put(entry: CacheEntry): void;
  /** Undefined when there is none, or none that can be read: then DEL does without. */
  get(network: string, attachment: Attachment): CacheEntry | undefined;
  remove(network: string, attachment: Attachment): void;
  list(network: string): CacheEntry[];
}

const kind = 'cniCacheV1';

export function openResultCache(cacheDir: string): ResultCache {
  const dir = join(cacheDir, 'results');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const pathOf = (network: string, { containerId, ifName }: Attachment) =>
    join(dir, `${network}-${containerId}-${ifName}`);
  return {
    put: (entry) => {
      // In place: half of one counts as none.
      const text = JSON.stringify(encode(entry));
      writeFileSync(pathOf(entry.network.name, entry), text, { mode: 0o600 });
    },
    get: (network, attachment) => readEntry(pathOf(network, attachment)),
    remove: (network, attachment) => {
      try {
        unlinkSync(pathOf(network, attachment));
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    },
    list: (network) =>
      readdirSync(dir)
        .filter((name) => name.startsWith(`${network}-`))
        .map((name) => readEntry(join(dir, name)))
        .filter((entry): entry is CacheEntry => entry?.network.name === network),
  };
}

function encode({ network, containerId, ifName, netnsPath, args, ...rest }: CacheEntry) {
  return {
    kind,
    containerId,
    config: Buffer.from(JSON.stringify(network)).toString('base64'),
    ifName,
    networkName: network.name,
    netns: netnsPath,
    cniArgs: Object.entries(args),
    capabilityArgs: rest.capabilityArgs,
    result: renderResult(rest.result, network.cniVersion),
  };
}

function readEntry(path: string): CacheEntry | undefined {
  try {
    const body = JSON.parse(readFileSync(path, 'utf8'));
    if (body.kind !== kind) return undefined;
    const network = parseNetworkConfList(Buffer.from(body.config, 'base64').toString());
    return {
      network,
      containerId: String(body.containerId),
      ifName: String(body.ifName),
      netnsPath: String(body.netns ?? ''),
      args: Object.fromEntries(body.cniArgs ?? []),
      capabilityArgs: body.capabilityArgs ?? {},
      result: parseResult(body.result, network.cniVersion),
    };
  } catch {
    return undefined; // Missing, or torn.
  }
}
