/** The protocol around the plugins: one call in, one answer out, whatever happens in between. */
import { CniError, toCniError } from './error.ts';
import type { Host, Plugin } from './plugin.ts';
import { bandwidth } from './plugins/bandwidth/apply.ts';
import { bridge } from './plugins/bridge/apply.ts';
import { firewall } from './plugins/firewall/apply.ts';
import { hostLocal } from './plugins/host-local/apply.ts';
import { loopback } from './plugins/loopback/apply.ts';
import { macvlan } from './plugins/macvlan/apply.ts';
import { portmap } from './plugins/portmap/apply.ts';
import { ptp } from './plugins/ptp/apply.ts';
import { staticAddresses } from './plugins/static/apply.ts';
import { tuning } from './plugins/tuning/apply.ts';
import { type Environment, type PluginRequest, parseCommand, parseRequest } from './request.ts';
import { type CniResult, emptyResult, renderResult } from './result.ts';
import { currentVersion, isSupported, supportedVersions } from './version.ts';

export const plugins: ReadonlyMap<string, Plugin> = new Map([
  ['bandwidth', bandwidth],
  ['bridge', bridge],
  ['firewall', firewall],
  ['host-local', hostLocal],
  ['loopback', loopback],
  ['macvlan', macvlan],
  ['portmap', portmap],
  ['ptp', ptp],
  ['static', staticAddresses],
  ['tuning', tuning],
]);

export interface Call {
  readonly plugin: string;
  readonly env: Environment;
  readonly stdin: string;
  /** See PluginRequest. */
  readonly netnsRealPath?: string;
}

export interface Answer {
  readonly status: 0 | 1;
  /** A result, an error, the versions; or nothing. */
  readonly stdout: string;
}

/** Never throws: an error is an answer too. */
export async function answerCall(call: Call, host: Host): Promise<Answer> {
  try {
    if (parseCommand(call.env) === 'VERSION') return answer(0, versions(call.stdin));
    const plugin = plugins.get(call.plugin);
    if (!plugin) throw new CniError('invalidConfig', `there is no plugin ${call.plugin}`);
    const { netnsRealPath } = call;
    const request = {
      ...parseRequest(call.env, call.stdin),
      ...(netnsRealPath !== undefined && { netnsRealPath }),
    };
    const result = await runPlugin(plugin, request, host);
    if (request.command !== 'ADD') return answer(0);
    return answer(0, renderResult(result, request.conf.cniVersion));
  } catch (error) {
    return answer(1, toCniError(error).render(versionOf(call.stdin)));
  }
}

/** The result of ADD; for the other commands an empty one. */
export async function runPlugin(
  plugin: Plugin,
  request: PluginRequest,
  host: Host,
): Promise<CniResult> {
  const { command } = request;
  if (command === 'ADD') return await plugin.add(request, host);
  if (command === 'DEL') await plugin.del(request, host);
  if (command === 'CHECK') await plugin.check(request, host);
  if (command === 'GC') await plugin.gc(request, host);
  if (command === 'STATUS') await plugin.status(request, host);
  return emptyResult;
}

const answer = (status: 0 | 1, body?: object): Answer => ({
  status,
  stdout: body ? `${JSON.stringify(body, undefined, 2)}\n` : '',
});

const versions = (stdin: string) => ({ cniVersion: versionOf(stdin), supportedVersions });

/** An answer speaks the configuration's version where we know it. */
function versionOf(stdin: string): string {
  try {
    const { cniVersion } = Object(JSON.parse(stdin));
    return typeof cniVersion === 'string' && isSupported(cniVersion) ? cniVersion : currentVersion;
  } catch {
    return currentVersion;
  }
}
