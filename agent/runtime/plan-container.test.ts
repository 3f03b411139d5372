import test from 'ava';
import type {
  Container,
  Pod,
  PodSpec,
  SecurityContext,
} from '../../api/types/core-v1.generated.ts';
import {
  planArgs,
  planCapabilities,
  planEnvironment,
  planOomScore,
  planStopSignal,
  planUser,
} from './plan-container.ts';
import { signalNumber } from './signals.ts';

const accounts = {
  passwd: 'root:x:0:0::/:/bin/sh\nweb:x:101:102::/:/bin/sh\nhuge:x:4294967296:0::/:\n',
  group: 'root:x:0:\nweb:x:102:\nextra:x:103:root,web\nother:x:104:\n',
};

const userCases: {
  name: string;
  image?: string;
  own?: SecurityContext;
  pod?: PodSpec['securityContext'];
  want: string;
}[] = [
  { name: 'is root by default', want: '0:0 +103' },
  { name: 'is the one of the image, by name', image: 'web', want: '101:102 +103' },
  { name: 'is a number that the image does not know', image: '7', want: '7:0 +' },
  { name: 'takes the group of the image', image: 'web:other', want: '101:104 +103' },
  {
    name: "is the container's before the pod's",
    own: { runAsUser: 5 },
    pod: { runAsUser: 6 },
    want: '5:0 +',
  },
  {
    name: 'has the supplemental groups and the fsGroup too',
    pod: { runAsUser: 101, supplementalGroups: [9], fsGroup: 8 },
    want: '101:102 +9,8,103',
  },
  {
    name: "has none of the image's groups under Strict",
    image: 'web',
    pod: { supplementalGroupsPolicy: 'Strict' },
    want: '101:102 +',
  },
  {
    name: 'is allowed as non-root by number',
    image: '101',
    pod: { runAsNonRoot: true },
    want: '101:102 +103',
  },
];

const podWith = (securityContext: PodSpec['securityContext'] = {}): Pod => ({
  spec: { containers: [], securityContext },
});
const asked = (own: SecurityContext = {}, pod?: PodSpec['securityContext']) => ({
  pod: podWith(pod),
  container: { name: 'main', securityContext: own },
  title: 'web_default(u1)',
});

for (const { name, image = '', own, pod, want } of userCases) {
  test(`the user ${name}`, (t) => {
    const { uid, gid, additionalGids } = planUser(asked(own, pod), image, accounts);
    t.is(`${uid}:${gid} +${additionalGids.join(',')}`, want);
  });
}

const refused: { name: string; image?: string; own?: SecurityContext; message: RegExp }[] = [
  {
    name: 'root where non-root is wanted',
    own: { runAsNonRoot: true },
    message:
      /^container has runAsNonRoot and image will run as root \(pod: "web_default\(u1\)", container: main\)$/,
  },
  {
    name: 'runAsUser 0 where non-root is wanted',
    own: { runAsNonRoot: true, runAsUser: 0 },
    message: /^container's runAsUser breaks non-root policy/,
  },
  {
    name: 'a name that cannot be shown to be non-root',
    image: 'web',
    own: { runAsNonRoot: true },
    message: /image has non-numeric user \(web\), cannot verify user is non-root/,
  },
  { name: 'a user that is not there', image: 'ghost', message: /no users found.*ghost/ },
  { name: 'a number that wraps around to root', image: '4294967296', message: /out of range/ },
  { name: 'a number above 2^31', image: '2147483648', message: /out of range/ },
  { name: "a passwd's number out of range", image: 'huge', message: /out of range/ },
  { name: 'a negative number', image: '-1', message: /no users found/ },
];

for (const { name, image = '', own, message } of refused) {
  test(`planUser refuses ${name}`, (t) => {
    t.throws(() => planUser(asked(own), image, accounts), { message });
  });
}

const image = { Entrypoint: ['/entry'], Cmd: ['a', 'b'] };
const argsCases: { name: string; container: Partial<Container>; want: string[] }[] = [
  { name: "is the image's", container: {}, want: ['/entry', 'a', 'b'] },
  {
    name: "is the entrypoint with the pod's args",
    container: { args: ['x'] },
    want: ['/entry', 'x'],
  },
  { name: 'is only command when that is given', container: { command: ['/c'] }, want: ['/c'] },
  {
    name: 'expands variables',
    container: { command: ['/c', '$(A)', '$(B)', '$$(A)'] },
    want: ['/c', '1', '$(B)', '$(A)'],
  },
];
for (const { name, container, want } of argsCases) {
  test(`the command ${name}`, (t) => {
    t.deepEqual(planArgs({ name: 'main', ...container }, image, new Map([['A', '1']])), want);
  });
}

test('a container without any command is refused', (t) => {
  t.throws(() => planArgs({ name: 'main' }, {}, new Map()), { message: 'no command specified' });
});

test("the environment is the image's, then the pod's over it", (t) => {
  const config = { Env: ['PATH=/bin', 'A=image', 'broken'] };
  const env = planEnvironment(config, new Map([['A', 'pod']]), { hostname: 'web', terminal: true });
  t.deepEqual(env, ['PATH=/bin', 'TERM=xterm', 'HOSTNAME=web', 'A=pod']);
});

const capabilities = (securityContext: SecurityContext) =>
  planCapabilities({ name: 'main', securityContext });

test('capabilities are a default set, to which the spec adds and from which it drops', (t) => {
  t.is(capabilities({}).length, 14);
  t.deepEqual(capabilities({ capabilities: { drop: ['ALL'] } }), []);
  const one = { drop: ['ALL'], add: ['CAP_NET_BIND_SERVICE'] };
  t.deepEqual(capabilities({ capabilities: one }), ['CAP_NET_BIND_SERVICE']);
  t.false(capabilities({ capabilities: { drop: ['net_raw'] } }).includes('CAP_NET_RAW'));
  const all = capabilities({ capabilities: { add: ['ALL'], drop: ['SYS_ADMIN'] } });
  t.is(all.length, 40);
  t.is(capabilities({ privileged: true }).length, 41);
  t.throws(() => capabilities({ capabilities: { add: ['FLY'] } }), { message: /CAP_FLY/ });
});

test('the OOM score follows the QoS class', (t) => {
  t.is(planOomScore('Guaranteed', 0, 100), -997);
  t.is(planOomScore('BestEffort', 0, 100), 1000);
  t.is(planOomScore('Burstable', 25, 100), 750);
  t.is(planOomScore('Burstable', 100, 100), 3);
});

test("the stop signal is the spec's, the image's, or SIGTERM", (t) => {
  const container = { name: 'main', lifecycle: { stopSignal: 'SIGUSR1' } };
  t.is(planStopSignal(container, { StopSignal: 'SIGINT' }), 'SIGUSR1');
  t.is(planStopSignal({ name: 'main' }, { StopSignal: 'SIGINT' }), 'SIGINT');
  t.is(planStopSignal(undefined, {}), 'SIGTERM');
  t.deepEqual(
    ['SIGTERM', 'KILL', '3', 'SIGRTMIN+3', 'nonsense'].map(signalNumber),
    [15, 9, 3, 37, 15],
  );
});
