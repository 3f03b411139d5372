/** What libcni is to other runtimes: chains, cached results, one thing at a time for a pod. */
import type { Logger } from '../base/log.ts';
import type { Kernel } from '../native/index.ts';
import { type CacheEntry, openResultCache, type ResultCache } from './cache.ts';
import { runChain } from './chain.ts';
import {
  checkContainerId,
  checkIfName,
  type NetworkConfList,
  parseNetworkConfList,
} from './config.ts';
import { CniError, codes, runAll, toCniError } from './error.ts';
import { createNetworkLoader } from './networks.ts';
import { type BridgeAddress, ensureBridge, removeBridge } from './node-bridge.ts';
import { createHost, type Host } from './plugin.ts';
import type { Attachment, AttachmentSpec, DetachSpec } from './request.ts';
import type { CniResult } from './result.ts';

export interface NetworkRunnerOptions {
  readonly kernel: Kernel;
  /** One of the two. A directory is looked at anew for every call. */
  readonly confDir?: string;
  readonly conf?: ConfListInput;
  readonly cacheDir: string;
  /** Where plugins that are not ours are looked up. */
  readonly binDirs: readonly string[];
  readonly log: Logger;
  /** The namespace that stands for the host's; absent: our own. */
  readonly hostNetns?: string;
}

/** A configuration list as it is written down; it is checked before use. */
export interface ConfListInput {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly { readonly type: string; readonly [key: string]: unknown }[];
}

/** All throw CniErrors. Calls for one container run one after another, others at once. */
export interface NetworkRunner {
  add(spec: AttachmentSpec): Promise<CniResult>;
  /** May be repeated, and come after the namespace. */
  del(spec: DetachSpec): Promise<void>;
  check(spec: AttachmentSpec): Promise<void>;
  /** Frees what none of `valid` has: addresses, links, results in the cache. */
  gc(valid: readonly Attachment[]): Promise<void>;
  /** Rejects while pods cannot be attached. */
  status(): Promise<void>;
  /** The bridge with the node's own address, so that it is there before the first pod. */
  ensureBridge(bridge: BridgeAddress): Promise<void>;
  removeBridge(name: string): Promise<void>;
  close(): void;
}

interface Context {
  readonly network: () => NetworkConfList;
  readonly cache: ResultCache;
  readonly host: Host;
  readonly binDirs: readonly string[];
}

export function createNetworkRunner(options: NetworkRunnerOptions): NetworkRunner {
  const { cacheDir, binDirs, hostNetns } = options;
  const host = createHost(hostNetns);
  const context: Context = {
    network: networkOf(options),
    cache: openResultCache(cacheDir),
    host,
    binDirs,
  };
  const queue = createQueue();
  const wire = (doing: string, spec: AttachmentSpec, work: () => Promise<CniResult>) =>
    queue(spec.containerId, async () => {
      try {
        checkContainerId(spec.containerId);
        checkIfName(spec.ifName);
        return await work();
      } catch (error) {
        throw toCniError(error, `could not ${doing} ${spec.containerId} ${spec.ifName}`);
      }
    });
  return {
    add: (spec) => wire('attach', spec, () => attach(context, spec)),
    del: async (spec) => void (await wire('detach', spec, () => detach(context, spec))),
    check: async (spec) => void (await wire('check', spec, () => check(context, spec))),
    gc: (valid) =>
      collect(context, valid, (spec) => queue(spec.containerId, () => detach(context, spec))),
    status: async () => {
      await runChain(context.network(), { command: 'STATUS', ...shared(context) });
    },
    ensureBridge: (bridge) => ensureBridge(host, bridge),
    removeBridge: (name) => removeBridge(host, name),
    close: () => host.close(),
  };
}

const shared = ({ host, binDirs }: Context) => ({ host, binDirs });

function networkOf({ conf, confDir, log }: NetworkRunnerOptions): () => NetworkConfList {
  if (conf) {
    const network = parseNetworkConfList(JSON.stringify(conf));
    return () => network;
  }
  if (confDir !== undefined) return createNetworkLoader(confDir, log);
  throw new TypeError('a network runner needs conf or confDir');
}

async function attach(context: Context, spec: AttachmentSpec): Promise<CniResult> {
  const network = context.network();
  const { args = {}, capabilityArgs = {} } = spec;
  try {
    const result = await runChain(network, { command: 'ADD', spec, ...shared(context) });
    context.cache.put({ ...spec, network, args, capabilityArgs, result });
    return result;
  } catch (error) {
    // The runtime's duty after any failure, but for one: what exists belongs to a pod that is up.
    const isOther =
      error instanceof CniError &&
      (error.code === codes.interfaceExists || error.code === codes.addressTaken);
    if (!isOther) {
      await runChain(network, { command: 'DEL', spec, ...shared(context) }).catch(() => {});
    }
    throw error;
  }
}

/** With the configuration of the ADD: today's may be another one. */
async function detach(context: Context, spec: DetachSpec): Promise<CniResult> {
  const entry = findEntry(context, spec);
  const network = entry?.network ?? context.network();
  const result = await runChain(network, {
    command: 'DEL',
    spec: { ...entry, ...spec },
    ...(entry && { prevResult: entry.result }),
    ...shared(context),
  });
  context.cache.remove(network.name, spec);
  return result;
}

function findEntry({ cache, network }: Context, spec: Attachment): CacheEntry | undefined {
  return cache.get(network().name, spec);
}

async function check(context: Context, spec: AttachmentSpec): Promise<CniResult> {
  const entry = findEntry(context, spec);
  if (!entry) {
    throw new CniError('unknownContainer', `${spec.containerId} ${spec.ifName} is not attached`);
  }
  const prevResult = entry.result;
  if (entry.network.disableCheck) return prevResult;
  return await runChain(entry.network, {
    command: 'CHECK',
    spec: { ...entry, ...spec },
    prevResult,
    ...shared(context),
  });
}

/** First DEL for those whose result is remembered, then each plugin's own GC. */
async function collect(
  context: Context,
  valid: readonly Attachment[],
  release: (spec: DetachSpec) => Promise<unknown>,
): Promise<void> {
  const network = context.network();
  const keyOf = ({ containerId, ifName }: Attachment) => `${containerId}/${ifName}`;
  const keys = new Set(valid.map(keyOf));
  const stale = context.cache.list(network.name).filter((entry) => !keys.has(keyOf(entry)));
  await runAll([
    ...stale.map((entry) => async () => void (await release(entry))),
    async () => {
      if (network.disableGC) return;
      await runChain(network, { command: 'GC', valid, ...shared(context) });
    },
  ]);
}

/** Work for one key in the order it came, for different keys at once. */
function createQueue(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    const settled = mine
      .catch(() => {})
      .then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
    last.set(key, settled);
    return mine;
  };
}
