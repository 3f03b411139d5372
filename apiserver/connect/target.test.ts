import test from 'ava';
import { nodes } from '../../api/resources/node.ts';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import { StatusError } from '../../base/errors.ts';
import { createFakeReader } from '../admission/fake-reader.ts';
import type { RequestInfo } from '../request.ts';
import { isReachable } from './address.ts';
import { agentOf, agentPath, containerOf, logQuery, streamQuery } from './target.ts';

function pod(containers: string, init = ''): Pod {
  const list = (names: string) => names.split(' ').flatMap((name) => (name ? [{ name }] : []));
  const spec = { containers: list(containers), initContainers: list(init), nodeName: 'one' };
  return { metadata: { name: 'web', namespace: 'default' }, spec };
}

const refusal = (run: () => unknown): string => {
  try {
    return String(run());
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
};

const containers: [string, Pod, string, string][] = [
  ['the only one', pod('a'), '', 'a'],
  ['the one that is named', pod('a b'), 'container=b', 'b'],
  ['an init container by name', pod('a', 'setup'), 'container=setup', 'setup'],
  [
    'none of several',
    pod('a b'),
    '',
    '400 a container name must be specified for pod web, choose one of: [a b]',
  ],
  [
    'none of several with init containers',
    pod('a b', 'i j'),
    '',
    '400 a container name must be specified for pod web, choose one of: [a b] ' +
      'or one of the init containers: [i j]',
  ],
  ['one that is not there', pod('a'), 'container=x', '400 container x is not valid for pod web'],
  [
    'none by an inherited name',
    pod('a'),
    'container=constructor',
    '400 container constructor is not valid for pod web',
  ],
];

for (const [name, object, query, want] of containers) {
  test(`containerOf finds ${name}`, (t) => {
    t.is(
      refusal(() => containerOf(object, new URLSearchParams(query))),
      want,
    );
  });
}

const info = (subresource: string, query: string): RequestInfo => ({
  isResource: true,
  path: '',
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource,
  namespace: 'default',
  name: 'web',
  query: new URLSearchParams(query),
});

const logs: [string, string][] = [
  ['', ''],
  ['follow=true&timestamps=1&previous=false', 'follow=true&timestamps=true'],
  ['tailLines=0&limitBytes=10&sinceSeconds=5', 'tailLines=0&sinceSeconds=5&limitBytes=10'],
  ['sinceTime=2030-01-01T00:00:00Z', 'sinceTime=2030-01-01T00%3A00%3A00Z'],
  ['evil=1&container=a', ''],
  [
    'tailLines=-1',
    '422 PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'limitBytes=0',
    '422 PodLogOptions "web" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
  ],
  [
    'sinceSeconds=1&sinceTime=2030-01-01T00:00:00Z',
    '422 PodLogOptions "web" is invalid: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  ],
  ['stream=All&tailLines=1', 'tailLines=1'],
  ['stream=Stderr', 'stream=Stderr'],
  [
    'stream=stderr',
    '422 PodLogOptions "web" is invalid: stream: Unsupported value: "stderr": supported values: "All", "Stderr", "Stdout"',
  ],
  [
    'stream=Stdout&tailLines=1',
    '422 PodLogOptions "web" is invalid: Forbidden: `tailLines` and specific `stream` are mutually exclusive for now',
  ],
  ['tailLines=many', '400 tailLines: "many" is no whole number'],
  ['sinceTime=yesterday', '400 sinceTime: "yesterday" is no RFC 3339 time'],
];

for (const [query, want] of logs) {
  test(`A66: log options ${query || 'none'}`, (t) => {
    t.is(
      refusal(() => logQuery(info('log', query))),
      want,
    );
  });
}

test("streamQuery says it in the kubelet's words", (t) => {
  const query = 'command=sh&command=-c&command=a%26b&stdin=true&stdout=true&tty=false&container=x';
  t.is(
    String(streamQuery(info('exec', query))),
    'command=sh&command=-c&command=a%26b&input=1&output=1',
  );
  t.is(String(streamQuery(info('portforward', 'ports=80&ports=443'))), 'port=80&port=443');
});

test('no name can leave its place in the path', (t) => {
  t.is(agentPath('exec', 'a/../b', '?x'), '/exec/a%2F..%2Fb/%3Fx');
});

const node = (status: Node['status']): Node => ({
  metadata: { name: 'one' },
  ...(status && { status }),
});
const addresses = [
  { type: 'Hostname', address: 'one' },
  { type: 'InternalIP', address: '10.0.0.5' },
];

test('security A12: addresses of this machine, of the link and of nobody are not reachable', (t) => {
  const refused =
    '127.0.0.1 127.9.9.9 0.0.0.0 169.254.169.254 224.0.0.1 255.255.255.255 ::1 :: fe80::1 ' +
    'ff02::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 localhost metadata.internal fe80::1%eth0 ' +
    '2130706433 0x7f.1 127.1';
  for (const address of [...refused.split(' '), '']) t.false(isReachable(address), address);
  for (const address of ['10.42.0.7', '192.0.2.10', 'fd00::7']) t.true(isReachable(address));
});

test('security A12: a node at an address of this machine is not asked', (t) => {
  const reader = createFakeReader();
  const address = '127.0.0.1';
  reader.put(nodes, node({ addresses: [{ type: 'InternalIP', address }] }));
  t.is(
    refusal(() => JSON.stringify(agentOf(pod('a'), reader, isReachable))),
    '400 address not allowed',
  );
});

test('agentOf finds address and port in the Node', (t) => {
  const reader = createFakeReader();
  const ask = () => refusal(() => JSON.stringify(agentOf(pod('a'), reader, isReachable)));
  t.is(ask(), '404 nodes "one" not found');
  reader.put(nodes, node({}));
  t.is(ask(), '500 node "one" has no InternalIP');
  reader.put(nodes, node({ addresses }));
  t.is(ask(), '{"nodeName":"one","host":"10.0.0.5","port":10250}');
  reader.put(nodes, node({ addresses, daemonEndpoints: { kubeletEndpoint: { Port: 1234 } } }));
  t.is(ask(), '{"nodeName":"one","host":"10.0.0.5","port":1234}');
  t.is(agentOf({ spec: { containers: [] } }, reader, isReachable), undefined);
});
