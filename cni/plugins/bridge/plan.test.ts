import test from 'ava';
import { parseNetworkConf } from '../../config.ts';
import { toRequest } from '../../request.ts';
import { type CniResult, emptyResult } from '../../result.ts';
import { parseBridgeConf, planBridge } from './plan.ts';

const request = (more: object = {}, args = '') =>
  toRequest(
    'ADD',
    { CNI_CONTAINERID: 'pod-a', CNI_IFNAME: 'eth0', CNI_NETNS: '/n', CNI_ARGS: args },
    parseNetworkConf(JSON.stringify({ name: 'net', type: 'bridge', cniVersion: '1.1.0', ...more })),
  );

const plan = (more: object, ipam: Partial<CniResult>) =>
  planBridge(parseBridgeConf(request(more)), { ...emptyResult, ...ipam }, request(more));

const v4 = { address: '10.1.0.9/24', gateway: '10.1.0.254' };

test('isDefaultGateway adds a default route by the gateway, for families that have none', (t) => {
  const ips = [v4, { address: 'fd00::9/64' }];
  const { resultRoutes, gateways } = plan({ isDefaultGateway: true }, { ips });
  t.deepEqual(resultRoutes, [
    { dst: '0.0.0.0/0', gw: '10.1.0.254' },
    { dst: '::/0', gw: 'fd00::1' },
  ]);
  t.deepEqual(gateways, ['10.1.0.254/24', 'fd00::1/64']);
  const routes = [{ dst: '0.0.0.0/0', gw: '10.1.0.7' }];
  t.deepEqual(plan({ isDefaultGateway: true }, { ips: [v4], routes }).resultRoutes, routes);
});

test('without isGateway the bridge has no address, and routes go by what IPAM says', (t) => {
  const { gateways, routes } = plan({}, { ips: [v4], routes: [{ dst: '10.0.0.0/8' }] });
  t.deepEqual(gateways, []);
  t.deepEqual(routes, [{ dst: '10.0.0.0/8', gw: '10.1.0.254' }]);
});

test('names and addresses of links come from what they stand for', (t) => {
  const { hostName, mac, alias } = plan({}, { ips: [v4] });
  t.regex(hostName, /^veth[0-9a-z]{11}$/);
  t.is(mac, '0a:58:0a:01:00:09');
  t.is(alias, 'cni:net/pod-a/eth0');
  t.is(plan({}, { ips: [v4] }).hostName, hostName);
  t.not(plan({ name: 'other' }, { ips: [v4] }).hostName, hostName);
});

test('of the places for a MAC the later one counts', (t) => {
  const [a, b, c] = ['02:00:00:00:00:0a', '02:00:00:00:00:0B', '02:00:00:00:00:0c'];
  const inArgs = { args: { cni: { mac: b } } };
  t.is(parseBridgeConf(request({}, `MAC=${a}`)).mac, a);
  t.is(parseBridgeConf(request(inArgs, `MAC=${a}`)).mac, b?.toLowerCase());
  t.is(parseBridgeConf(request({ ...inArgs, runtimeConfig: { mac: c } })).mac, c);
});

test('what makes no sense has code 7', (t) => {
  const cases: readonly (readonly [object, number, RegExp])[] = [
    [{ hairpinMode: true, promiscMode: true }, 7, /hairpin/],
    [{ isGateway: 'yes' }, 7, /isGateway/],
    [{ bridge: '..' }, 7, /name/],
    [{ mtu: 1.5 }, 7, /mtu/],
    [{ mtu: 'x' }, 7, /mtu/],
    [{ runtimeConfig: { mac: 'x' } }, 7, /MAC/],
    [{ ipMasq: true, ipMasqBackend: 'ipfw' }, 7, /ipMasqBackend/],
    [{ ipMasq: true, ipMasqBackend: 'iptables' }, 2, /ipMasqBackend/],
    [{ disableContainerInterface: true, isGateway: true }, 7, /disableContainerInterface/],
    [{ disableContainerInterface: true, ipam: { type: 'static' } }, 7, /disableContainerInterface/],
    [{ vlan: 4095 }, 7, /vlan/],
    [{ vlanTrunk: [{}] }, 7, /needs id/],
    [{ vlanTrunk: [{ minID: 5 }] }, 7, /go together/],
    [{ vlanTrunk: [{ minID: 5, maxID: 4 }] }, 7, /above/],
    [{ vlanTrunk: [{ id: 0 }] }, 7, /1 to 4094/],
    [{ vlanTrunk: {} }, 6, /list/],
  ];
  for (const [more, code, message] of cases) {
    const error = t.throws(() => parseBridgeConf(request(more)), { message });
    t.is((error as { code?: unknown }).code, code);
  }
  t.is(parseBridgeConf(request({ vlan: 0, ipMasq: false, vlanTrunk: [] })).bridge, 'cni0');
});

test('cni R6: vlan, vlanTrunk and preserveDefaultVlan say which VLANs a port is in', (t) => {
  const vlans = (more: object) => parseBridgeConf(request(more)).vlans;
  t.is(vlans({ vlan: 0 }), undefined);
  t.deepEqual(vlans({ vlan: 100 }), { native: 100, trunk: [], keepsDefault: true });
  const vlanTrunk = [{ minID: 7, maxID: 9 }, { id: 3 }, { id: 8 }];
  t.deepEqual(vlans({ vlanTrunk, preserveDefaultVlan: false }), {
    trunk: [3, 7, 8, 9],
    keepsDefault: false,
  });
});
