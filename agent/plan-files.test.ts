import test from 'ava';
import type { PodSpec } from '../api/types/core-v1.generated.ts';
import { hostnameOf, planHosts, planResolvConf } from './plan-files.ts';

const settings = {
  clusterDns: ['10.43.0.10'],
  clusterDomain: 'cluster.local',
  hostResolvConf: 'search corp.example\nnameserver 192.0.2.53\noptions timeout:2\n',
};
const podOf = (spec: Partial<PodSpec>) => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: { containers: [], ...spec },
});

const cases: { name: string; spec: Partial<PodSpec>; want: string }[] = [
  {
    name: 'asks the cluster first by default',
    spec: {},
    want: `search shop.svc.cluster.local svc.cluster.local cluster.local corp.example
nameserver 10.43.0.10
options ndots:5
`,
  },
  {
    name: "gives a pod in the node's network the node's file",
    spec: { hostNetwork: true },
    want: settings.hostResolvConf,
  },
  {
    name: "gives the node's for Default",
    spec: { dnsPolicy: 'Default' },
    want: settings.hostResolvConf,
  },
  {
    name: 'takes only dnsConfig for None',
    spec: {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['1.1.1.1'], searches: ['x'], options: [{ name: 'edns0' }] },
    },
    want: 'search x\nnameserver 1.1.1.1\noptions edns0\n',
  },
  {
    name: 'adds dnsConfig, which wins over an option of the same name',
    spec: {
      dnsConfig: {
        nameservers: ['10.43.0.10', '1.1.1.1'],
        options: [{ name: 'ndots', value: '2' }],
      },
    },
    want: `search shop.svc.cluster.local svc.cluster.local cluster.local corp.example
nameserver 10.43.0.10
nameserver 1.1.1.1
options ndots:2
`,
  },
];

for (const { name, spec, want } of cases) {
  test(`planResolvConf ${name}`, (t) => {
    t.is(planResolvConf(podOf(spec), settings), want);
  });
}

test('hosts name the pod by its subdomain, and carry its aliases', (t) => {
  const pod = podOf({ subdomain: 'db', hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] });
  const text = planHosts(pod, { ips: ['10.42.0.7'], hostname: 'web' }, 'cluster.local');
  t.deepEqual(text.split('\n').slice(7), [
    '10.42.0.7\tweb.db.shop.svc.cluster.local\tweb',
    '',
    '# Entries added by HostAliases.',
    '1.2.3.4\ta\tb',
    '',
  ]);
});

test('a hostname is at most 63 long and does not end in a dash', (t) => {
  const pod = { metadata: { name: `${'a'.repeat(62)}-b` } };
  t.is(hostnameOf(pod, 'node', 'cluster.local'), 'a'.repeat(62));
});
