/** One command through all plugins of a network: ours in process, others executed. */
import type { NetworkConf, NetworkConfList, PluginConf } from './config.ts';
import { runAll } from './error.ts';
import { executePlugin } from './execute.ts';
import type { Host } from './plugin.ts';
import { plugins, runPlugin } from './protocol.ts';
import type { Attachment, DetachSpec, PluginRequest } from './request.ts';
import { type CniResult, emptyResult } from './result.ts';
import { isAtLeast } from './version.ts';

export interface ChainCall {
  readonly command: PluginRequest['command'];
  readonly host: Host;
  readonly binDirs: readonly string[];
  /** For ADD, DEL and CHECK. */
  readonly spec?: DetachSpec;
  /** Of the ADD, for CHECK and DEL. */
  readonly prevResult?: CniResult;
  /** For GC. */
  readonly valid?: readonly Attachment[];
}

/**
 * ADD hands each plugin's result to the next; CHECK, GC and STATUS go in the same order, DEL in
 * reverse. DEL and GC go on past failures, and throw at the end.
 */
export async function runChain(network: NetworkConfList, call: ChainCall): Promise<CniResult> {
  const { command } = call;
  if (command === 'ADD') {
    let result: CniResult | undefined;
    for (const plugin of network.plugins) {
      result = await runOne(network, plugin, { ...call, ...(result && { prevResult: result }) });
    }
    return result ?? emptyResult;
  }
  const order = command === 'DEL' ? network.plugins.toReversed() : network.plugins;
  const steps = order
    .filter(({ type }) => understands(network, type, command))
    .map((plugin) => async () => void (await runOne(network, plugin, call)));
  if (command === 'DEL' || command === 'GC') await runAll(steps);
  else for (const step of steps) await step();
  return emptyResult;
}

/** Ours know all commands whatever the version; another is asked only what its version has. */
function understands(
  { cniVersion }: NetworkConfList,
  type: string,
  command: PluginRequest['command'],
): boolean {
  if (command === 'DEL' || plugins.has(type)) return true;
  return isAtLeast(cniVersion, command === 'CHECK' ? '0.4.0' : '1.1.0');
}

async function runOne(
  network: NetworkConfList,
  plugin: PluginConf,
  call: ChainCall,
): Promise<CniResult> {
  const request = requestFor(network, plugin, call);
  const own = plugins.get(plugin.type);
  if (own) return await runPlugin(own, request, call.host);
  return await executePlugin(plugin.type, request, call.host);
}

function requestFor(
  { name, cniVersion }: NetworkConfList,
  { capabilities, ...plugin }: PluginConf,
  { command, spec, prevResult, valid = [], binDirs }: ChainCall,
): PluginRequest {
  const runtimeConfig = pickCapabilities(capabilities, spec?.capabilityArgs);
  const conf: NetworkConf = {
    ...plugin,
    name,
    cniVersion,
    ...(runtimeConfig && { runtimeConfig }),
  };
  return {
    command,
    containerId: spec?.containerId ?? '',
    ifName: spec?.ifName ?? '',
    netnsPath: spec?.netnsPath ?? '',
    args: new Map(Object.entries(spec?.args ?? {})),
    binDirs,
    conf,
    validAttachments: valid,
    ...(prevResult && { prevResult }),
    ...(spec?.dropsNetns && { dropsNetns: true }),
  };
}

function pickCapabilities(
  capabilities: PluginConf['capabilities'] = {},
  given: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> | undefined {
  const entries = Object.entries(given).filter(
    ([key]) => Object.hasOwn(capabilities, key) && capabilities[key] === true,
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
