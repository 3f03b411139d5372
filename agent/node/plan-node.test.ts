import test from 'ava';
import type { NodeStatus } from '../../api/types/core-v1.generated.ts';
import type { MachineFacts, MachineUse } from './facts.ts';
import { type NodeSettings, type NodeView, needsWrite, planNode, planStatus } from './plan-node.ts';

const settings: NodeSettings = {
  name: 'node-1',
  addresses: ['192.0.2.10'],
  podCidr: '10.42.0.0/24',
  podsMax: 110,
  port: 10250,
  version: 'v1.36.2+wherry.0.1.0',
};

const facts: MachineFacts = {
  cpus: 2,
  memoryBytes: 4 * 2 ** 30,
  diskBytes: 100 * 2 ** 30,
  info: {
    architecture: 'amd64',
    bootID: 'boot',
    kernelVersion: '6.1',
    machineID: 'machine',
    operatingSystem: 'linux',
    osImage: 'Debian',
    systemUUID: 'uuid',
  },
};

const idle: MachineUse = {
  memoryAvailableBytes: 2 ** 31,
  diskAvailableBytes: 50 * 2 ** 30,
  diskBytes: 100 * 2 ** 30,
  inodesFree: 900,
  inodes: 1000,
};

const view = (use: Partial<MachineUse> = {}, problem?: string): NodeView => ({
  facts,
  use: { ...idle, ...use },
  images: [],
  problem,
});

const noon = '2026-11-22T12:00:00Z';
const later = '2026-11-22T12:00:10Z';
const muchLater = '2026-11-22T12:05:00Z';
const plan = (of: NodeView, current?: NodeStatus, now = noon) =>
  planStatus(settings, of, current, now);
const show = ({ conditions = [] }: NodeStatus) =>
  conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

test('a new node has its labels and its pod CIDR', (t) => {
  const node = planNode(settings, view());
  t.is(node.metadata?.labels?.['kubernetes.io/hostname'], 'node-1');
  t.is(node.metadata?.labels?.['kubernetes.io/arch'], 'amd64');
  t.is(node.spec?.podCIDR, '10.42.0.0/24');
});

test('a well node says so in upstream’s words', (t) => {
  t.deepEqual(show(plan(view())), [
    'MemoryPressure=False KubeletHasSufficientMemory',
    'DiskPressure=False KubeletHasNoDiskPressure',
    'PIDPressure=False KubeletHasSufficientPID',
    'Ready=True KubeletReady',
  ]);
});

test('what is allocatable leaves room for the system', (t) => {
  const { capacity, allocatable } = plan(view());
  t.is(capacity?.memory, '4194304Ki');
  t.is(allocatable?.memory, '4091904Ki');
  t.is(allocatable?.pods, '110');
});

const pressures: { name: string; use: Partial<MachineUse>; want: string }[] = [
  {
    name: 'memory below 100 MiB',
    use: { memoryAvailableBytes: 99 * 2 ** 20 },
    want: 'MemoryPressure=True KubeletHasInsufficientMemory',
  },
  {
    name: 'a disk more than 90 % full',
    use: { diskAvailableBytes: 9 * 2 ** 30 },
    want: 'DiskPressure=True KubeletHasDiskPressure',
  },
  {
    name: 'fewer than 5 % of inodes left',
    use: { inodesFree: 49 },
    want: 'DiskPressure=True KubeletHasDiskPressure',
  },
];
for (const { name, use, want } of pressures) {
  test(`${name} is pressure`, (t) => t.true(show(plan(view(use))).includes(want)));
}

test('a problem makes the node not ready, and says which', (t) => {
  const ready = plan(view({}, 'the network is down')).conditions?.find(
    ({ type }) => type === 'Ready',
  );
  t.is(ready?.status, 'False');
  t.is(ready?.message, 'the network is down');
});

test('a condition that stays keeps the time of its last change', (t) => {
  const before = plan(view());
  const [stayed] = plan(view(), before, later).conditions ?? [];
  t.is(stayed?.lastTransitionTime, noon);
  t.is(stayed?.lastHeartbeatTime, later);
  const changed = plan(view({ memoryAvailableBytes: 0 }), before, later).conditions?.[0];
  t.is(changed?.lastTransitionTime, later);
});

test('heartbeats alone are written every five minutes, a change at once', (t) => {
  const before = plan(view());
  t.true(needsWrite(undefined, before));
  t.false(needsWrite(before, plan(view(), before, later)));
  t.true(needsWrite(before, plan(view(), before, muchLater)));
  t.true(needsWrite(before, plan(view({}, 'down'), before, later)));
});

test('a status that came back from the API in another order is the same', (t) => {
  const sent = plan(view());
  const stored = JSON.parse(JSON.stringify(sent)) as NodeStatus;
  const entries = Object.entries(stored.capacity ?? {}).reverse();
  delete stored.images; // The API leaves out what is empty.
  t.false(needsWrite({ ...stored, capacity: Object.fromEntries(entries) }, sent));
});
