import test from 'ava';
import { type ExistingCertificate, planCertificates, reasonToIssue } from './plan.ts';

const settings = {
  nodeName: 'node-1',
  nodeAddresses: ['10.0.0.5'],
  serviceCidrFirstAddress: '10.43.0.1',
  domain: 'cluster.local',
};
const day = 86_400_000;
const now = Date.UTC(2030, 0, 1);

const render = () =>
  planCertificates(settings).map(({ name, subject, usage, names }) => {
    const user = [subject.commonName, ...subject.organizations].join(' in ');
    return [`${usage} ${name}: ${user}`, ...names].join(' ');
  });

test('planCertificates names every identity of the cluster', (t) => {
  t.deepEqual(render(), [
    'server apiserver: kube-apiserver localhost kubernetes kubernetes.default ' +
      'kubernetes.default.svc kubernetes.default.svc.cluster.local node-1 127.0.0.1 10.0.0.5 ' +
      '10.43.0.1',
    'client apiserver-kubelet-client: kube-apiserver-kubelet-client in system:masters',
    'client admin: kubernetes-admin in system:masters',
    'client controller-manager: system:kube-controller-manager',
    'client scheduler: system:kube-scheduler',
    'client network-policy: system:network-policy',
    'client proxy: system:kube-proxy',
    'client dns: system:coredns',
    'client agent: system:node:node-1 in system:nodes',
    'server kubelet: system:node:node-1 in system:nodes node-1 10.0.0.5',
  ]);
});

const spec = planCertificates(settings).find(({ name }) => name === 'kubelet')!;
const fine: ExistingCertificate = { ...spec, notAfter: now + 31 * day, isSound: true };

const cases: [string, ExistingCertificate | undefined, string | undefined][] = [
  ['keeps what fits', fine, undefined],
  ['keeps names in another order', { ...fine, names: spec.names.toReversed() }, undefined],
  ['makes what is missing', undefined, 'there is none'],
  [
    'renews before the last 30 days',
    { ...fine, notAfter: now + 29 * day },
    'it ends in less than 30 days',
  ],
  ['makes anew with the CA', { ...fine, isSound: false }, 'its key or its issuer is another'],
  ['follows a new address', { ...fine, names: ['node-1'] }, 'its alternative names have changed'],
  [
    'follows a new node name',
    { ...fine, subject: { ...spec.subject, commonName: 'system:node:old' } },
    'it names another subject',
  ],
  [
    'never takes a client certificate for a server',
    { ...fine, usage: 'client' },
    'it is for another use',
  ],
];

for (const [name, existing, want] of cases) {
  test(`reasonToIssue ${name}`, (t) => t.is(reasonToIssue(spec, existing, now), want));
}
