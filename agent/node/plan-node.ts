/** What this node's object should say. Pure. */
import type {
  ContainerImage,
  Node,
  NodeAddress,
  NodeCondition,
  NodeStatus,
} from '../../api/types/core-v1.generated.ts';
import type { MachineFacts, MachineUse } from './facts.ts';

export interface NodeSettings {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly podCidr?: string; // Absent: the node-ipam controller gives one.
  readonly podsMax: number;
  readonly port: number; // Of the agent's API.
  readonly version: string; // v1.36.2+wherry.0.1.0
}

export interface NodeView {
  readonly facts: MachineFacts;
  readonly use: MachineUse;
  readonly images: readonly ContainerImage[];
  /** Why pods cannot run here now; undefined when they can. */
  readonly problem: string | undefined;
}

/** Heartbeats alone are written this seldom: the Lease tells that we live. */
const reportMs = 5 * 60_000;
const imagesMax = 50;

// Upstream's hard eviction thresholds: memory.available, nodefs.available, nodefs.inodesFree.
const memoryAvailableMin = 100 * 2 ** 20;
const diskAvailableMin = 0.1;
const inodesFreeMin = 0.05;

export function planNode({ name, podCidr }: NodeSettings, { facts }: NodeView): Node {
  const { architecture, operatingSystem } = facts.info;
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': operatingSystem,
        'kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': operatingSystem,
        'beta.kubernetes.io/arch': architecture,
      },
    },
    ...(podCidr && { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } }),
  };
}

/** @param now RFC 3339, as conditions carry it */
export function planStatus(
  settings: NodeSettings,
  view: NodeView,
  current: NodeStatus | undefined,
  now: string,
): NodeStatus {
  const { facts, images } = view;
  const capacity = {
    cpu: String(facts.cpus),
    memory: `${Math.floor(facts.memoryBytes / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor(facts.diskBytes / 1024)}Ki`,
    pods: String(settings.podsMax),
  };
  return {
    capacity,
    allocatable: {
      ...capacity,
      memory: `${Math.floor((facts.memoryBytes - memoryAvailableMin) / 1024)}Ki`,
      'ephemeral-storage': String(Math.floor(facts.diskBytes * (1 - diskAvailableMin))),
    },
    addresses: addressesOf(settings),
    conditions: planConditions(view, current?.conditions ?? [], now),
    daemonEndpoints: { kubeletEndpoint: { Port: settings.port } },
    images: images.slice(0, imagesMax),
    nodeInfo: {
      ...facts.info,
      containerRuntimeVersion: `wherry://${settings.version.split('wherry.')[1] ?? '0'}`,
      kubeletVersion: settings.version,
      kubeProxyVersion: '',
    },
  };
}

/** Whether the API's status has fallen behind: in substance, or in its heartbeat. */
export function needsWrite(current: NodeStatus | undefined, wanted: NodeStatus): boolean {
  if (!current) return true;
  const keys = Object.keys(wanted) as (keyof NodeStatus)[];
  if (keys.some((key) => key !== 'conditions' && !isSame(current[key], wanted[key]))) return true;
  return (wanted.conditions ?? []).some((condition) => {
    const old = current.conditions?.find(({ type }) => type === condition.type);
    return !old || !isSameCondition(old, condition) || ageMs(old, condition) >= reportMs;
  });
}

function addressesOf({ name, addresses }: NodeSettings): NodeAddress[] {
  return [
    ...addresses.map((address) => ({ type: 'InternalIP', address })),
    { type: 'Hostname', address: name },
  ];
}

function planConditions(
  { use, problem }: NodeView,
  current: readonly NodeCondition[],
  now: string,
): NodeCondition[] {
  const isLowOnMemory = use.memoryAvailableBytes < memoryAvailableMin;
  const isLowOnDisk =
    use.diskAvailableBytes < use.diskBytes * diskAvailableMin ||
    use.inodesFree < use.inodes * inodesFreeMin;
  const wanted = [
    pressure('MemoryPressure', isLowOnMemory, ['SufficientMemory', 'sufficient memory available']),
    isLowOnDisk
      ? pressure('DiskPressure', true, ['DiskPressure', 'disk pressure'])
      : pressure('DiskPressure', false, ['NoDiskPressure', 'no disk pressure']),
    pressure('PIDPressure', false, ['SufficientPID', 'sufficient PID available']),
    problem === undefined
      ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : condition('Ready', 'False', 'KubeletNotReady', problem),
  ];
  return wanted.map((each) => {
    const old = current.find(({ type }) => type === each.type);
    const lastTransitionTime = old?.status === each.status ? old.lastTransitionTime : now;
    return { ...each, lastHeartbeatTime: now, ...(lastTransitionTime && { lastTransitionTime }) };
  });
}

/** Upstream's reasons: KubeletHasSufficientMemory, KubeletHasInsufficientMemory, … */
function pressure(type: string, isHigh: boolean, [word, words]: [string, string]): NodeCondition {
  const text = (sentence: string) => sentence.replace(/sufficient/, 'insufficient');
  return isHigh
    ? condition(
        type,
        'True',
        `KubeletHas${word.replace('Sufficient', 'Insufficient')}`,
        `kubelet has ${text(words)}`,
      )
    : condition(type, 'False', `KubeletHas${word}`, `kubelet has ${words}`);
}

const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
});

const isSameCondition = (a: NodeCondition, b: NodeCondition) =>
  a.status === b.status && a.reason === b.reason && a.message === b.message;

const ageMs = (old: NodeCondition, wanted: NodeCondition) =>
  Date.parse(wanted.lastHeartbeatTime ?? '') - Date.parse(old.lastHeartbeatTime ?? '');

/** The API server may send keys in another order, and leaves out what is empty. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b || isEmpty(a) !== isEmpty(b)) return a === b;
  if (isEmpty(a)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => isSame(left[key], right[key]));
}

const isEmpty = (value: unknown) =>
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
