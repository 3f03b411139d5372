import test from 'ava';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { directoryOf } from './fake-directory.ts';
import { planAnswer } from './plan.ts';
import type { DnsRecord } from './records.ts';

const zone = { domain: 'cluster.local', serial: 7 };
const soa = 'SOA cluster.local';

/** `web` has an address, `db` is headless, `idle` is headless with nobody ready. */
const directory = directoryOf({
  namespaces: ['default', 'empty'],
  services: [
    service('web', {
      clusterIP: '10.43.0.5',
      clusterIPs: ['10.43.0.5', 'fd43::5'],
      ports: [
        { name: 'http', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
    service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
    service('idle', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
    service('away', { type: 'ExternalName', externalName: 'www.example.com.' }),
  ],
  slices: [
    slice('db', 'IPv4', '10.42.0.2 db-0', '10.42.0.3', '10.42.0.4 db-2 starting'),
    slice('db', 'IPv4', '10.42.0.3'),
    slice('db', 'IPv6', 'fd42::2 db-0'),
    slice('idle', 'IPv4', '10.42.0.9 starting'),
    slice('web', 'IPv4', '10.42.0.7 web-0'),
  ],
});

const cases: [sentence: string, question: string, ...want: string[]][] = [
  ['a Service has its cluster IP', 'A web.default.svc', 'A 10.43.0.5'],
  ['and its IPv6 one', 'AAAA web.default.svc', 'AAAA fd43::5'],
  ['names may be in any case', 'A WEB.Default.sVc', 'A 10.43.0.5'],
  ['another type is no data', 'TXT web.default.svc', soa],
  ['a name that is not there', 'A nope.default.svc', 'NXDOMAIN', soa],
  ['a namespace that is not there', 'A web.nope.svc', 'NXDOMAIN', soa],
  ['a namespace is a name without records', 'A empty.svc', soa],
  ['so is the zone of Services', 'A svc', soa],
  ['a namespace that is not there is no name', 'A nope.svc', 'NXDOMAIN', soa],
  [
    'a named port',
    'SRV _http._tcp.web.default.svc',
    'SRV 0 100 80 web.default.svc.cluster.local',
    '+ A 10.43.0.5',
    '+ AAAA fd43::5',
  ],
  ['a port under another protocol', 'SRV _http._udp.web.default.svc', 'NXDOMAIN', soa],
  ['a port that is not there', 'SRV _nope._tcp.web.default.svc', 'NXDOMAIN', soa],
  ['an address of a port', 'A _http._tcp.web.default.svc', soa],
  ['the protocol between them', 'A _tcp.web.default.svc', soa],
  ['a headless Service has its ready endpoints', 'A db.default.svc', 'A 10.42.0.2', 'A 10.42.0.3'],
  ['of both families', 'AAAA db.default.svc', 'AAAA fd42::2'],
  ['a headless Service with nobody ready', 'A idle.default.svc', 'NXDOMAIN', soa],
  ['an endpoint by hostname', 'A db-0.db.default.svc', 'A 10.42.0.2'],
  ['an endpoint without hostname, by address', 'A 10-42-0-3.db.default.svc', 'A 10.42.0.3'],
  ['an endpoint that is not ready', 'A db-2.db.default.svc', 'NXDOMAIN', soa],
  ['an endpoint of a Service with an address', 'A web-0.web.default.svc', 'A 10.42.0.7'],
  [
    'a named port of a headless Service leads to each endpoint',
    'SRV _sql._tcp.db.default.svc',
    'SRV 0 50 5432 10-42-0-3.db.default.svc.cluster.local',
    'SRV 0 50 5432 db-0.db.default.svc.cluster.local',
    '+ A 10.42.0.3',
    '+ A 10.42.0.2',
    '+ AAAA fd42::2',
  ],
  ['an ExternalName is an alias', 'A away.default.svc', 'CNAME www.example.com'],
  ['for every type', 'SRV away.default.svc', 'CNAME www.example.com'],
  ['the version of the specification', 'TXT dns-version', 'TXT 1.1.0'],
  ['the zone itself', 'SOA ', soa],
  ['the zone itself has no address', 'A ', soa],
  ["a pod's address as a name", 'A 10-42-0-3.default.pod', 'A 10.42.0.3'],
  ["a pod's IPv6 address as a name", 'AAAA fd42--3.default.pod', 'AAAA fd42::3'],
  ['a pod that is no address', 'A web-0.default.pod', 'NXDOMAIN', soa],
  ['a pod in no namespace', 'A 10-42-0-3.nope.pod', 'NXDOMAIN', soa],
  ['deeper than anything is', 'A a.b.c.d.default.svc', 'NXDOMAIN', soa],
  ['neither svc nor pod', 'A web.default.node', 'NXDOMAIN', soa],
  ['a name of the language', 'A constructor.prototype.svc', 'NXDOMAIN', soa],
];

for (const [sentence, question, ...want] of cases) {
  test(`planAnswer: ${sentence} (${question})`, (t) => {
    const [type = '', name = ''] = question.split(' ');
    const full = name ? `${name}.cluster.local` : 'cluster.local';
    t.deepEqual(ask(full, type), want);
  });
}

test('planAnswer knows addresses of Services and of named endpoints backwards', (t) => {
  t.deepEqual(ask('5.0.43.10.in-addr.arpa', 'PTR'), ['PTR web.default.svc.cluster.local']);
  t.deepEqual(ask('2.0.42.10.in-addr.arpa', 'PTR'), ['PTR db-0.db.default.svc.cluster.local']);
  const nibbles = `5.${'0.'.repeat(27)}3.4.d.f`;
  t.deepEqual(ask(`${nibbles}.ip6.arpa`, 'PTR'), ['PTR web.default.svc.cluster.local']);
  t.deepEqual(ask('5.0.43.10.in-addr.arpa', 'A'), [soa]);
});

test('planAnswer leaves to others what is not of the cluster', (t) => {
  for (const name of [
    'example.com',
    'cluster.local.example.com',
    'xcluster.local',
    '.',
    '3.0.42.10.in-addr.arpa',
    '1.0.0.127.in-addr.arpa',
    '300.0.0.10.in-addr.arpa',
    'x.in-addr.arpa',
  ]) {
    t.is(ask(name, 'A'), undefined, name);
  }
});

test('planAnswer keeps the case that it was asked in', (t) => {
  const question = { name: 'WeB.default.svc.CLUSTER.local', type: 'A' };
  t.is(planAnswer(question, directory, zone)?.answers[0]?.name, question.name);
});

/** The answer, one record a line; additional ones after a plus. */
function ask(name: string, type: string): string[] | undefined {
  const plan = planAnswer({ name, type }, directory, zone);
  return (
    plan && [
      ...(plan.exists ? [] : ['NXDOMAIN']),
      ...plan.answers.map(show),
      ...plan.authorities.map(show),
      ...plan.additionals.map((record) => `+ ${show(record)}`),
    ]
  );
}

function show(record: DnsRecord): string {
  if (record.type === 'SOA') return `SOA ${record.name}`;
  if (record.type !== 'SRV') return `${record.type} ${record.data}`;
  const { priority, weight, port, target } = record.data;
  return `SRV ${priority} ${weight} ${port} ${target}`;
}

function service(name: string, spec: object) {
  return { metadata: { namespace: 'default', name }, spec };
}

/** Endpoints as `address hostname state`. */
function slice(of: string, addressType: string, ...endpoints: string[]): EndpointSlice {
  return {
    metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': of } },
    addressType,
    ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
    endpoints: endpoints.map((text) => {
      const [address = '', ...words] = text.split(' ');
      const hostname = words.find((word) => word !== 'starting');
      return {
        addresses: [address],
        ...(hostname && { hostname }),
        conditions: { ready: !words.includes('starting') },
      };
    }),
  };
}
