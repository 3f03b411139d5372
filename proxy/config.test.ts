import test from 'ava';
import { nodes } from '../api/resources.ts';
import { systemClock } from '../base/clock.ts';
import { parseFlags } from '../base/config.ts';
import { silentLogger } from '../base/log.ts';
import { createFake } from '../client/fake.ts';
import { checkConfig, flags, nodePortAddressesOf, podLinkOf } from './config.ts';
import { settlePodRanges } from './pod-ranges.ts';

const parse = (...argv: string[]) => parseFlags(flags, argv).config;

test('proxy X45: links tell pods by their name or its begin', (t) => {
  t.is(podLinkOf(parse()), undefined);
  const bridge = ['--detect-local-mode=BridgeInterface', '--pod-bridge-interface=br0'];
  t.is(podLinkOf(parse(...bridge)), 'br0');
  const prefix = ['--detect-local-mode=InterfaceNamePrefix', '--pod-interface-name-prefix=veth'];
  t.is(podLinkOf(parse(...prefix)), 'veth+');
  t.notThrows(() => checkConfig(parse(...prefix)));
  for (const mode of ['BridgeInterface', 'InterfaceNamePrefix']) {
    t.throws(() => checkConfig(parse(`--detect-local-mode=${mode}`)), { message: /needs/ });
  }
});

test('proxy X45: the range of the node is waited for', async (t) => {
  const client = createFake({ clock: systemClock });
  const deps = { client, clock: systemClock, log: silentLogger };
  client.seed(nodes, { metadata: { name: 'here' } });
  const config = parse('--detect-local-mode=NodeCIDR');
  const settling = settlePodRanges(config, 'here', deps);
  const node = await client.get(nodes, 'here');
  const podCIDRs = ['10.42.3.0/24', 'fd42:0:0:3::/64'];
  await client.update(nodes, { ...node, spec: { podCIDR: podCIDRs[0]!, podCIDRs } });
  t.is((await settling).clusterCidr, '10.42.3.0/24,fd42:0:0:3::/64');
  t.is(await settlePodRanges(parse(), 'here', deps).then((c) => c.clusterCidr), '10.42.0.0/16');
});

test('proxy X74: the bind address is the primary one', (t) => {
  const of = (...argv: string[]) => nodePortAddressesOf(parse(...argv));
  t.deepEqual(of('--proxy-mode=nftables'), ['primary']);
  t.deepEqual(of('--proxy-mode=nftables', '--bind-address=192.0.2.1'), ['192.0.2.1/32']);
  t.deepEqual(of('--bind-address=192.0.2.1'), []);
  t.throws(() => checkConfig(parse('--bind-address=here')), { message: /must be an address/ });
});
