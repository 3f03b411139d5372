/** IPAM by `ipam.type`: ours in process, others executed. */
import { CniError } from '../error.ts';
import { executePlugin } from '../execute.ts';
import type { Host, Plugin } from '../plugin.ts';
import { hostLocal } from '../plugins/host-local/apply.ts';
import { staticAddresses } from '../plugins/static/apply.ts';
import type { PluginRequest } from '../request.ts';
import { type CniResult, emptyResult } from '../result.ts';

/** Undefined for a network without addresses (layer 2 only). @throws CniError 7 */
export function ipamTypeOf({ conf }: PluginRequest): string | undefined {
  const type = Object(conf.ipam).type ?? '';
  if (type === '') return undefined;
  if (typeof type === 'string' && /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(type)) return type;
  throw new CniError('invalidConfig', `${JSON.stringify(type)} is no ipam.type`);
}

/** The result of ADD; for the other commands an empty one. */
export async function callIpam(request: PluginRequest, host: Host): Promise<CniResult> {
  const type = ipamTypeOf(request);
  if (type === undefined) return emptyResult;
  const own = ownPlugins.get(type);
  if (!own) return await executePlugin(type, request, host);
  const { command } = request;
  if (command === 'ADD') return await own.add(request, host);
  if (command === 'DEL') await own.del(request, host);
  if (command === 'CHECK') await own.check(request, host);
  if (command === 'GC') await own.gc(request, host);
  if (command === 'STATUS') await own.status(request, host);
  return emptyResult;
}

const ownPlugins: ReadonlyMap<string, Plugin> = new Map([
  ['host-local', hostLocal],
  ['static', staticAddresses],
]);
