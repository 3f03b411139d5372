/** loopback's result. Pure. */
import type { PluginRequest } from '../../request.ts';
import type { CniResult } from '../../result.ts';

/** In a chain, what came before goes on; alone, lo and its addresses are the result. */
export function planLoopback(
  { prevResult, netnsPath }: PluginRequest,
  addresses: readonly { readonly address: string }[],
): CniResult {
  if (prevResult) return prevResult;
  return {
    interfaces: [{ name: 'lo', mac: '00:00:00:00:00:00', sandbox: netnsPath }],
    ips: addresses.map(({ address }) => ({ address, interface: 0 })),
    routes: [],
    dns: {},
  };
}
