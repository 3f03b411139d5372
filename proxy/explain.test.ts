import test from 'ava';
import type { Service } from '../api/types/core-v1.generated.ts';
import { explain, type Question } from './explain.ts';

const web: Service = {
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    type: 'LoadBalancer',
    clusterIP: '10.43.0.5',
    clusterIPs: ['10.43.0.5'],
    externalTrafficPolicy: 'Local',
    loadBalancerSourceRanges: ['192.0.2.0/24'],
    ports: [{ name: 'http', port: 80, nodePort: 30_080, protocol: 'TCP' }],
  },
  status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } },
};

const ask = (question: Partial<Question>, endpoints: readonly string[]) =>
  explain(
    { protocol: 'tcp', address: '10.43.0.5', port: 80, from: 'pod', ...question },
    {
      services: [web],
      slicesOf: () => [
        {
          addressType: 'IPv4',
          ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
          endpoints: endpoints.map((nodeName, index) => ({
            addresses: [`10.42.0.${index + 2}`],
            nodeName,
          })),
        },
      ],
      node: { nodeName: 'here', zone: undefined, family: 'ipv4', nodePortCidrs: [] },
      nodeAddresses: ['192.0.2.1'],
    },
  );

test('a cluster IP: every endpoint, with the chains and sets that lead there', (t) => {
  const lines = ask({}, ['here', 'there']);
  t.is(lines[0], 'It is the cluster IP of default/web:http.');
  t.is(lines[1], 'It goes to one of 2, at random:');
  t.regex(lines[2]!, /^ {2}10\.42\.0\.2:8080 \(here\) {2}KUBE-SEP-[A-Z2-7]{16}$/);
  t.regex(lines[3]!, /^ {2}10\.42\.0\.3:8080 {2}KUBE-SEP-/);
  t.regex(lines[4]!, /^Rules: iptables KUBE-SVC-[A-Z2-7]{16}, nftables set services-2\.$/);
  t.is(lines[5], "The pod's address is kept, unless it reaches itself.");
});

const cases: readonly (readonly [string, Partial<Question>, readonly string[], RegExp])[] = [
  ['no endpoints', {}, [], /Nobody serves it: the packet is refused/],
  [
    'a Local node port from outside',
    { address: '192.0.2.1', port: 30_080, from: 'outside' },
    ['here', 'there'],
    /node port of default\/web:http.*one of 1 on this node.*address is kept/s,
  ],
  [
    'a Local node port from outside, and nobody here',
    { address: '192.0.2.1', port: 30_080, from: 'outside' },
    ['there'],
    /Nobody on this node serves it, and its policy is Local: the packet is dropped/,
  ],
  [
    'the same from the node itself',
    { address: '192.0.2.1', port: 30_080, from: 'node' },
    ['there'],
    /one of 1, at random.*replaced by this node's/s,
  ],
  [
    'a load balancer with source ranges',
    { address: '203.0.113.9', from: 'outside' },
    ['here'],
    /Only clients in 192\.0\.2\.0\/24 may use it/,
  ],
  ['another port', { port: 81 }, ['here'], /which has no port 81\/TCP\.\nIt has 80\/TCP\./],
  ['another address', { address: '198.51.100.1' }, [], /No Service has this address and port/],
];

for (const [name, question, endpoints, want] of cases) {
  test(`explained: ${name}`, (t) => t.regex(ask(question, endpoints).join('\n'), want));
}
