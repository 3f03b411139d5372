/**
 * What leaves a pod's own subnet takes the host's address (`ipMasq` of bridge and ptp): a map from
 * the pod's address to its chain, in a table of our own.
 */
import { masquerade, verdict, verdictFrom } from '../../native/nftables.ts';
import type { Host } from '../plugin.ts';
import type { PluginRequest } from '../request.ts';
import type { CniResult } from '../result.ts';
import {
  type AttachmentChain,
  addRules,
  hasRules,
  keepOnlyRules,
  type RuleTable,
  removeRules,
  type Way,
} from './attachment-rules.ts';
import {
  addressKey,
  type Family,
  familyOf,
  isAddressIn,
  isFamily,
  loadAddress,
} from './matches.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const mapOf = (family: Family) => `from-${family}`;
const roleOf = (family: Family) => `masquerade${family === 'ipv4' ? 4 : 6}`;

const masqueradeTable: RuleTable = {
  table: { family: 'inet', name: 'cni-masquerade' },
  comment: 'CNI: pods that leave their subnet take an address of the host',
  roles: families.map(roleOf),
  maps: [
    { name: mapOf('ipv4'), key: ['ipv4_addr'] },
    { name: mapOf('ipv6'), key: ['ipv6_addr'] },
  ],
  chains: [
    {
      name: 'postrouting',
      hook: { type: 'nat', hook: 'postrouting', priority: 100 }, // As iptables' nat.
      rules: families.map((family) => [
        ...isFamily(family),
        loadAddress('source', family, 0),
        verdictFrom(mapOf(family), 0),
      ]),
    },
  ],
};

const multicast: Readonly<Record<Family, string>> = { ipv4: '224.0.0.0/4', ipv6: 'ff00::/8' };

type Ips = CniResult['ips'];

export async function addMasquerade(request: PluginRequest, host: Host, ips: Ips): Promise<void> {
  await addRules(await host.nftables(), masqueradeTable, ownerOf(request), chainsOf(ips));
}

/** `ips` of the ADD, where they are known, make it quicker. */
export async function removeMasquerade(request: PluginRequest, host: Host): Promise<void> {
  const ways = request.prevResult && chainsOf(request.prevResult.ips).flatMap((each) => each.ways);
  await removeRules(await host.nftables(), masqueradeTable, ownerOf(request), ways);
}

export async function keepOnlyMasquerades(request: PluginRequest, host: Host): Promise<void> {
  const { conf, validAttachments } = request;
  await keepOnlyRules(await host.nftables(), masqueradeTable, conf.name, validAttachments);
}

/** Every family of the addresses has its rules. */
export async function hasMasquerade(
  request: PluginRequest,
  host: Host,
  ips: Ips,
): Promise<boolean> {
  const nft = await host.nftables();
  const roles = chainsOf(ips).map(({ role }) => role);
  const found = await Promise.all(
    roles.map((role) => hasRules(nft, masqueradeTable, ownerOf(request), role)),
  );
  return found.every(Boolean);
}

export const ownerOf = ({ conf, containerId, ifName }: PluginRequest) => ({
  network: conf.name,
  containerId,
  ifName,
});

function chainsOf(ips: Ips): AttachmentChain[] {
  return families.flatMap((family) => {
    const addresses = ips.map(({ address }) => address).filter((each) => familyOf(each) === family);
    if (addresses.length === 0) return [];
    const near = [...addresses, multicast[family]];
    return [
      {
        role: roleOf(family),
        rules: [
          ...near.map((cidr) => [...isAddressIn('destination', cidr), verdict('return')]),
          [masquerade],
        ],
        ways: addresses.map((each): Way => ({ map: mapOf(family), key: addressKey(each) })),
      },
    ];
  });
}
