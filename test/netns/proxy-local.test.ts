/** What tells pods: the range of their addresses, or the link that their packets come in by. */
import { clients, inBoth, onEachMode } from './proxy-matrix.ts';
import { serviceOf } from './proxy-objects.ts';

const behaviour = onEachMode('l');

for (const flags of [
  ['--detect-local-mode=ClusterCIDR'],
  ['--detect-local-mode=BridgeInterface', '--pod-bridge-interface=br0'],
  ['--detect-local-mode=InterfaceNamePrefix', '--pod-interface-name-prefix=b'],
]) {
  behaviour(
    `proxy X45, X44: a pod's address is kept, another's is not, ${flags[0]}`,
    async (t, lab) => {
      lab.put(serviceOf('web', 5));
      lab.endpoints('web', ['b']);
      await lab.proxy(...flags, '--iptables-sync-period=1h');
      await inBoth(async ({ service, pod, bridge }) => {
        t.is(clients(await lab.ask('a', [service(5), 80], { times: 3 })), pod('a'));
        t.is(clients(await lab.ask('out', [service(5), 80], { times: 3 })), bridge);
      });
      // An audit that reads the rules in other words than it wrote them would say so, and write.
      const before = lab.mode === 'nftables' ? lab.nft('list ruleset') : lab.rules().join('\n');
      lab.sh('node', '/usr/sbin/nft add table ip somebody; /usr/sbin/nft delete table ip somebody');
      await new Promise((resolve) => setTimeout(resolve, 600));
      const after = lab.mode === 'nftables' ? lab.nft('list ruleset') : lab.rules().join('\n');
      t.is(
        after.replaceAll(/packets \d+ bytes \d+/g, ''),
        before.replaceAll(/packets \d+ bytes \d+/g, ''),
      );
    },
  );
}
