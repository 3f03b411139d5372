/** Expected rules are written by hand, one a line, as iptables-save would print them. */
import test from 'ava';
import type { PortPlan } from '../plan.ts';
import { chainName } from './chain-name.ts';
import { type RenderOptions, renderService } from './render.ts';
import { renderBase } from './render-base.ts';
import { type Chains, compose } from './ruleset.ts';

const options: RenderOptions = {
  family: 'ipv4',
  clusterCidr: '10.42.0.0/16',
  masqueradeAll: false,
};
const here = { address: '10.42.0.2', port: 8080, isLocal: true };
const there = { address: '10.42.1.2', port: 8080, isLocal: false };
const web: PortPlan = {
  name: 'default/web:http',
  protocol: 'tcp',
  clusterIp: '10.43.0.5',
  port: 80,
  loadBalancerIps: [],
  externalIps: [],
  internalPolicy: 'Cluster',
  externalPolicy: 'Cluster',
  cluster: [here, there],
  local: [here],
};
const serviceRanges = ['10.43.0.0/16'];
const svc = 'KUBE-SVC-CDGGSHYLG3RE2FKL';
const ext = 'KUBE-EXT-CDGGSHYLG3RE2FKL';
const svl = 'KUBE-SVL-CDGGSHYLG3RE2FKL';
const sepHere = 'KUBE-SEP-ERQQNJAYKLWLNZ6A';
const sepThere = 'KUBE-SEP-PLLJBTOKCJEJKQRV';

const cases: {
  name: string;
  port: Partial<PortPlan>;
  options?: Partial<RenderOptions>;
  want: string[];
}[] = [
  {
    name: 'proxy X1, X3, X44, X46: spreads a cluster IP evenly, and masks who asks from outside and who asks itself',
    port: {},
    want: [
      `nat ${svc} ! -s 10.42.0.0/16 -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
      `nat ${svc} -m comment --comment "default/web:http -> 10.42.0.2:8080" -m statistic --mode random --probability 0.50000000000 -j ${sepHere}`,
      `nat ${svc} -m comment --comment "default/web:http -> 10.42.1.2:8080" -j ${sepThere}`,
      `nat ${sepHere} -s 10.42.0.2/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ`,
      `nat ${sepHere} -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.42.0.2:8080`,
      `nat ${sepThere} -s 10.42.1.2/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ`,
      `nat ${sepThere} -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.42.1.2:8080`,
      `nat KUBE-SERVICES -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j ${svc}`,
    ],
  },
  {
    name: 'proxy X45: tells pods by the link that their packets come in by',
    port: { externalPolicy: 'Local', nodePort: 30_080, cluster: [here] },
    options: { podLink: 'veth+' },
    want: [
      `nat ${ext} -i veth+ -m comment --comment "pod traffic for default/web:http external destinations" -j ${svc}`,
      `nat ${ext} -m comment --comment "masquerade LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `nat ${ext} -m comment --comment "route LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j ${svc}`,
      `nat ${ext} -j ${svl}`,
      `nat ${svc} -d 10.43.0.5/32 ! -i veth+ -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
      `nat ${svc} -m comment --comment "default/web:http -> 10.42.0.2:8080" -j ${sepHere}`,
      `nat ${sepHere} -s 10.42.0.2/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ`,
      `nat ${sepHere} -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.42.0.2:8080`,
      `nat ${svl} -d 10.43.0.5/32 ! -i veth+ -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
      `nat ${svl} -m comment --comment "default/web:http -> 10.42.0.2:8080" -j ${sepHere}`,
      `nat KUBE-SERVICES -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j ${svc}`,
      `nat KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j ${ext}`,
    ],
  },
  {
    name: 'proxy X38: refuses where there are no endpoints, at the node port as well',
    port: { cluster: [], local: [], nodePort: 30_080 },
    want: [
      'filter KUBE-SERVICES -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with tcp-reset',
      'filter KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j REJECT --reject-with tcp-reset',
    ],
  },
  {
    name: 'proxy X25: drops what only this node may serve and cannot: another node may',
    port: { internalPolicy: 'Local', cluster: [there], local: [] },
    want: [
      'filter KUBE-SERVICES -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http has no local endpoints" -m tcp --dport 80 -j DROP',
    ],
  },
  {
    name: 'proxy X21: masks the client of a node port when any node may serve it',
    port: { cluster: [here], nodePort: 30_080 },
    options: { clusterCidr: undefined },
    want: [
      `nat ${ext} -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ`,
      `nat ${ext} -j ${svc}`,
      `nat ${svc} -m comment --comment "default/web:http -> 10.42.0.2:8080" -j ${sepHere}`,
      `nat ${sepHere} -s 10.42.0.2/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ`,
      `nat ${sepHere} -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.42.0.2:8080`,
      `nat KUBE-SERVICES -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j ${svc}`,
      `nat KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j ${ext}`,
    ],
  },
  {
    name: 'proxy X22, X24: keeps the client of a Local load balancer, and lets this node and its pods go anywhere',
    port: {
      externalPolicy: 'Local',
      loadBalancerIps: ['203.0.113.9'],
      cluster: [here],
      local: [here],
    },
    want: [
      `nat ${ext} -s 10.42.0.0/16 -m comment --comment "pod traffic for default/web:http external destinations" -j ${svc}`,
      `nat ${ext} -m comment --comment "masquerade LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `nat ${ext} -m comment --comment "route LOCAL traffic for default/web:http external destinations" -m addrtype --src-type LOCAL -j ${svc}`,
      `nat ${ext} -j ${svl}`,
      `nat ${svc} ! -s 10.42.0.0/16 -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
      `nat ${svc} -m comment --comment "default/web:http -> 10.42.0.2:8080" -j ${sepHere}`,
      `nat ${sepHere} -s 10.42.0.2/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ`,
      `nat ${sepHere} -p tcp -m comment --comment "default/web:http" -m tcp -j DNAT --to-destination 10.42.0.2:8080`,
      `nat ${svl} ! -s 10.42.0.0/16 -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
      `nat ${svl} -m comment --comment "default/web:http -> 10.42.0.2:8080" -j ${sepHere}`,
      `nat KUBE-SERVICES -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j ${svc}`,
      `nat KUBE-SERVICES -d 203.0.113.9/32 -p tcp -m comment --comment "default/web:http loadbalancer IP" -m tcp --dport 80 -j ${ext}`,
    ],
  },
  {
    name: 'proxy X30: remembers a client for as long as its affinity lasts',
    port: { cluster: [here], affinitySeconds: 60 },
    options: { clusterCidr: undefined },
    want: [
      `nat ${svc} -m comment --comment "default/web:http -> 10.42.0.2:8080" -m recent --rcheck --seconds 60 --reap --name ${sepHere} --mask 255.255.255.255 --rsource -j ${sepHere}`,
      `nat ${svc} -m comment --comment "default/web:http -> 10.42.0.2:8080" -j ${sepHere}`,
      `nat ${sepHere} -s 10.42.0.2/32 -m comment --comment "default/web:http" -j KUBE-MARK-MASQ`,
      `nat ${sepHere} -p tcp -m comment --comment "default/web:http" -m recent --set --name ${sepHere} --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.42.0.2:8080`,
      `nat KUBE-SERVICES -d 10.43.0.5/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j ${svc}`,
    ],
  },
];

for (const { name, port, options: some = {}, want } of cases) {
  test(name, (t) => {
    const plan = { ports: [{ ...web, ...port }], notes: [] };
    const { own, shared } = renderService(plan, { ...options, ...some });
    const others = lines(shared).filter((line) => !line.startsWith('filter KUBE-CLUSTER-IPS'));
    t.deepEqual([...lines(own), ...others], want);
  });
}

test('proxy X9: chainName gives the names that every kube-proxy gives', (t) => {
  const kubernetes = { ...web, name: 'default/kubernetes:https' };
  t.is(chainName('KUBE-SVC-', kubernetes), 'KUBE-SVC-NPX46M4PTMTKRN6Y');
  const upstreamsTest = { ...web, name: 'ns1/svc1:p80' };
  t.is(chainName('KUBE-SEP-', upstreamsTest, '10.180.0.1:80'), 'KUBE-SEP-SXIVWICOYRO3J4NJ');
});

test('proxy X10: the jump to node ports is the last rule of KUBE-SERVICES, whatever Services there are', (t) => {
  const base = renderBase({
    family: 'ipv4',
    instance: 'a',
    masqueradeBit: 14,
    nodePortCidrs: [],
    serviceRanges,
  });
  const chains = compose(base, [renderService({ ports: [web], notes: [] }, options)]);
  t.regex(chains.get('nat KUBE-SERVICES')?.at(-1) ?? '', /^! -d 127.* -j KUBE-NODEPORTS$/);
});

test('proxy X11, X41: node ports answer only in the ranges given', (t) => {
  const nodePortCidrs = ['192.0.2.0/24', '198.51.100.1/32'];
  const base = renderBase({
    family: 'ipv4',
    instance: 'a',
    masqueradeBit: 3,
    nodePortCidrs,
    serviceRanges,
  });
  const rules = base.chains.get('nat KUBE-SERVICES') ?? [];
  t.deepEqual(
    rules.map((rule) => rule.split(' ').slice(0, 2).join(' ')),
    ['-d 192.0.2.0/24', '-d 198.51.100.1/32'],
  );
  t.deepEqual(base.chains.get('nat KUBE-MARK-MASQ'), ['-j MARK --set-xmark 0x8/0x8']);
});

test('proxy X39, X40: what no rule of a Service took is refused at its address, dropped at others', (t) => {
  const base = renderBase({
    family: 'ipv4',
    instance: 'a',
    masqueradeBit: 14,
    nodePortCidrs: [],
    serviceRanges,
  });
  const rendering = renderService({ ports: [web, { ...web, port: 81 }], notes: [] }, options);
  const chains = compose(base, [rendering]);
  t.regex(
    chains.get('filter KUBE-SERVICES')?.at(-1) ?? '',
    /^-d 10.43.0.0\/16 .* -j KUBE-CLUSTER-IPS$/,
  );
  t.deepEqual(chains.get('filter KUBE-CLUSTER-IPS'), [
    '-d 10.43.0.5/32 -m comment --comment "default/web has no such port" -j KUBE-REFUSE',
    '-j DROP',
  ]);
});

const lines = (chains: Chains): string[] =>
  [...chains].flatMap(([key, rules]) => rules.map((rule) => `${key} ${rule}`));
