/**
 * The plugin `firewall`, in a chain behind bridge: which pods may talk to the pod.
 *
 * - `open`: all; there are no rules that could stop them.
 * - `same-bridge`: not those of other bridges.
 * - `isolated`: none. Those of its own bridge are kept off by the port's flag as well, since what
 *   stays on a bridge passes no rule of the IP families.
 */
import { type Link, setPort } from '../../../native/netlink.ts';
import { verdict, verdictFrom } from '../../../native/nftables.ts';
import { failed } from '../../check.ts';
import { CniError } from '../../error.ts';
import { findLink } from '../../links.ts';
import type { Host, Plugin } from '../../plugin.ts';
import type { PluginRequest } from '../../request.ts';
import type { CniResult } from '../../result.ts';
import {
  type AttachmentChain,
  addRules,
  hasRules,
  keepOnlyRules,
  type RuleTable,
  removeRules,
} from '../../rules/attachment-rules.ts';
import { ownerOf } from '../../rules/masquerade.ts';
import {
  addressKey,
  type Family,
  familyOf,
  isFamily,
  isInterface,
  loadAddress,
} from '../../rules/matches.ts';
import { withUndo } from '../../undo.ts';
import { type FirewallPlan, planFirewall } from './plan.ts';

export const firewall: Plugin = {
  async add(request, host): Promise<CniResult> {
    const { prevResult } = request;
    if (!prevResult) throw new CniError('invalidConfig', 'firewall must be in a chain');
    const plan = planFirewall(request);
    if (plan.policy === 'open' || prevResult.ips.length === 0) return prevResult;
    return await withUndo(async (undo) => {
      undo.push(async () => removeRules(await host.nftables(), policyTable, ownerOf(request)));
      await addRules(await host.nftables(), policyTable, ownerOf(request), chainsOf(plan));
      if (plan.policy === 'isolated') await isolate(prevResult, host);
      return prevResult;
    });
  },

  async del(request, host) {
    const { prevResult } = request;
    const ways = prevResult && waysOf(prevResult.ips.map(({ address }) => address));
    await removeRules(await host.nftables(), policyTable, ownerOf(request), ways);
  },

  async check(request, host) {
    const plan = planFirewall(request);
    if (plan.policy === 'open') return;
    const nft = await host.nftables();
    for (const { role } of chainsOf(plan)) {
      if (!(await hasRules(nft, policyTable, ownerOf(request), role))) {
        throw failed(`the rules of ${plan.policy} are gone`);
      }
    }
  },

  async gc({ conf, validAttachments }: PluginRequest, host) {
    await keepOnlyRules(await host.nftables(), policyTable, conf.name, validAttachments);
  },

  async status(request) {
    planFirewall(request);
  },
};

const families: readonly Family[] = ['ipv4', 'ipv6'];
const short = (family: Family) => (family === 'ipv4' ? 4 : 6);

/** From a pod with a policy to one with a policy, when the latter's says so: dropped. */
const policyTable: RuleTable = {
  table: { family: 'inet', name: 'cni-firewall' },
  comment: 'CNI: which pods may talk to which',
  roles: families.flatMap((family) => [`to${short(family)}`, `from${short(family)}`]),
  maps: families.flatMap((family) => [
    { name: `to-${family}`, key: [`${family}_addr`] as const },
    { name: `from-${family}`, key: [`${family}_addr`] as const },
  ]),
  chains: [
    {
      name: 'forward',
      hook: { type: 'filter', hook: 'forward', priority: 0 },
      rules: families.map((family) => [
        ...isFamily(family),
        loadAddress('destination', family, 0),
        verdictFrom(`to-${family}`, 0),
      ]),
    },
  ],
};

function chainsOf({ policy, bridge = '', addresses }: FirewallPlan): AttachmentChain[] {
  return families.flatMap((family) => {
    const own = addresses.filter((each) => familyOf(each) === family);
    if (own.length === 0) return [];
    const keys = own.map(addressKey);
    const look = [loadAddress('source', family, 0), verdictFrom(`from-${family}`, 0)];
    const isOther = policy === 'same-bridge' ? isInterface('iifname', bridge, true) : [];
    return [
      {
        role: `from${short(family)}`,
        rules: [[verdict('drop')]],
        ways: keys.map((key) => ({ map: `from-${family}`, key })),
      },
      {
        role: `to${short(family)}`,
        rules: [[...isOther, ...look]],
        ways: keys.map((key) => ({ map: `to-${family}`, key })),
      },
    ];
  });
}

const waysOf = (addresses: readonly string[]) =>
  addresses.flatMap((address) =>
    ['to', 'from'].map((way) => ({ map: `${way}-${familyOf(address)}`, key: addressKey(address) })),
  );

/** The host's end of the veth is a port of the bridge. */
async function isolate({ interfaces }: CniResult, host: Host): Promise<void> {
  const socket = host.socket();
  const names = interfaces.filter(({ sandbox }) => !sandbox).map(({ name }) => name);
  const links = await Promise.all(names.map((name) => findLink(socket, name)));
  const port = links.find((link): link is Link => link?.master !== undefined);
  if (port) await socket.send(setPort({ index: port.index }, { isIsolated: true }));
}
