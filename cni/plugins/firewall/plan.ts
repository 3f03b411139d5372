/** firewall's configuration. Pure. */
import { CniError } from '../../error.ts';
import { textOf } from '../../options.ts';
import type { PluginRequest } from '../../request.ts';

export type IngressPolicy = 'open' | 'same-bridge' | 'isolated';

export interface FirewallPlan {
  readonly policy: IngressPolicy;
  /** Of the pod's bridge; absent for one that is behind none. */
  readonly bridge?: string;
  readonly addresses: readonly string[];
}

/** @throws CniError 2 for backends that are not here, 7 */
export function planFirewall({ conf, prevResult }: PluginRequest): FirewallPlan {
  const backend = textOf(conf, 'backend') ?? 'nftables';
  if (backend === 'iptables' || backend === 'firewalld') {
    const message = `firewall: backend ${backend} is not supported; nftables is`;
    throw new CniError('unsupportedField', message);
  }
  if (backend !== 'nftables') throw invalid(`there is no backend ${JSON.stringify(backend)}`);
  for (const field of ['iptablesAdminChainName', 'firewalldZone']) {
    if (textOf(conf, field) !== undefined) {
      throw new CniError('unsupportedField', `firewall: ${field} is not supported`);
    }
  }
  const policy = textOf(conf, 'ingressPolicy') ?? 'open';
  if (policy !== 'open' && policy !== 'same-bridge' && policy !== 'isolated') {
    throw invalid(`there is no ingressPolicy ${JSON.stringify(policy)}`);
  }
  const outer = prevResult?.interfaces.filter(({ sandbox }) => !sandbox) ?? [];
  // bridge tells it first, before the veth's end.
  const bridge = outer.length > 1 ? outer[0]?.name : undefined;
  if (policy !== 'open' && prevResult && bridge === undefined) {
    throw invalid(`ingressPolicy ${policy} needs a bridge before it in the chain`);
  }
  const addresses = prevResult?.ips.map(({ address }) => address) ?? [];
  return { policy, addresses, ...(bridge !== undefined && { bridge }) };
}

const invalid = (message: string) => new CniError('invalidConfig', `firewall: ${message}`);
