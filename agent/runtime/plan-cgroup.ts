/**
 * Decides which cgroups a pod gets and what is written into them, for cgroup v1, v2 and hybrids.
 *
 *   <root>/kubepods[/burstable|/besteffort]/pod<uid>/<sandbox or container id>
 *
 * Processes live only in the leaves, which v2 demands. The same path is made in every hierarchy
 * that has a controller we use.
 */

import { quantityMilli, quantityValue } from '../../api/quantity.ts';
import { podQosClass } from '../../api/resources/pod-qos.ts';
import type { Container, Pod } from '../../api/types/core-v1.generated.ts';

export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  readonly controllers: readonly string[]; // Only those we use.
}

/** A directory to make, and what to write there, in order. */
export interface CgroupStep {
  readonly dir: string;
  readonly writes: readonly (readonly [file: string, value: string])[];
}

export interface Limits {
  readonly cpuShares?: number; // v1's scale: 1024 is one core's worth.
  readonly cpuQuotaUs?: number; // Of each 100 ms.
  readonly memoryBytes?: number;
  readonly pidsMax?: number;
}

// The monitor guards the devices of each container's leaf itself.
const used = ['cpu', 'cpuacct', 'memory', 'pids', 'devices'];
const periodUs = 100_000;
const quotaUsMin = 1000;
const sharesMin = 2;

/** @param v2Controllers Content of cgroup.controllers at the v2 mount point, if there is one. */
export function parseHierarchies(mountinfo: string, v2Controllers: string): Hierarchy[] {
  return mountinfo.split('\n').flatMap((line): Hierarchy[] => {
    const [head = '', tail = ''] = line.split(' - ');
    const mountPoint = (head.split(' ')[4] ?? '').replace(/\\040/g, ' ');
    const [type, , options = ''] = tail.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const present = type === 'cgroup' ? options.split(',') : v2Controllers.trim().split(' ');
    const controllers = used.filter((name) => present.includes(name));
    if (controllers.length === 0) return []; // A hybrid's empty v2, v1's named hierarchies.
    return [{ version: type === 'cgroup' ? 1 : 2, mountPoint, controllers }];
  });
}

/** Where a pod's cgroup is, below each mount point: `/wherry/kubepods/burstable/pod<uid>`. */
export function podCgroupPath(root: string, pod: Pod): string {
  const qos = podQosClass(pod.spec).toLowerCase();
  return `${root}/kubepods${qos === 'guaranteed' ? '' : `/${qos}`}/pod${pod.metadata?.uid}`;
}

/**
 * Every cgroup from the instance's root down to the pod's, parents first. On v2 a machine's top may
 * keep its controllers to itself (systemd passes on what a unit asks for, others nothing), so they
 * are asked for there too; nobody takes them back, for others may use them by then.
 */
export function planPodCgroup(
  hierarchies: readonly Hierarchy[],
  root: string,
  pod: Pod,
  pidsMax: number,
): CgroupStep[] {
  const path = podCgroupPath(root, pod);
  const parts = path.split('/').filter((part) => part !== '');
  const tops = hierarchies.filter(({ version }) => version === 2);
  const below = parts.flatMap((part, index) => {
    const isPod = index === parts.length - 1;
    const limits = isPod
      ? { ...podLimits(pod), ...(pidsMax > 0 && { pidsMax }) }
      : part === 'besteffort'
        ? { cpuShares: sharesMin }
        : {};
    const at = `/${parts.slice(0, index + 1).join('/')}`;
    return hierarchies.map((each) => planGroup(each, at, limits, true));
  });
  return [...tops.map((each) => planGroup(each, '', {}, true)), ...below];
}

/** The leaf of a container, or of the sandbox (without limits of its own). */
export function planLeaf(
  hierarchies: readonly Hierarchy[],
  path: string,
  limits: Limits,
): CgroupStep[] {
  return hierarchies.map((each) => planGroup(each, path, limits, false));
}

export function containerLimits(container: Container): Limits {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpu = requests.cpu ?? limits.cpu;
  return {
    cpuShares: sharesOf(cpu === undefined ? 0 : quantityMilli(cpu)),
    ...(limits.cpu !== undefined && { cpuQuotaUs: quotaOf(quantityMilli(limits.cpu)) }),
    ...(limits.memory !== undefined && { memoryBytes: quantityValue(limits.memory) }),
  };
}

function podLimits({ spec }: Pod): Limits {
  const containers = spec?.containers ?? [];
  const requested = containers.map(({ resources }) => {
    const cpu = resources?.requests?.cpu ?? resources?.limits?.cpu;
    return cpu === undefined ? 0 : quantityMilli(cpu);
  });
  // Init containers run alone, but may ask for more than all others together.
  const largest = (name: 'cpu' | 'memory', of: (text: string) => number) => {
    const limitsOf = (all: readonly Container[]) =>
      all.map((each) => each.resources?.limits?.[name]);
    const [apps, inits] = [limitsOf(containers), limitsOf(spec?.initContainers ?? [])];
    if ([...apps, ...inits].some((limit) => limit === undefined)) return undefined;
    return Math.max(sum(apps.map((each) => of(each!))), ...inits.map((each) => of(each!)));
  };
  const cpu = largest('cpu', quantityMilli);
  const memory = largest('memory', quantityValue);
  return {
    cpuShares: sharesOf(sum(requested)),
    ...(cpu !== undefined && { cpuQuotaUs: quotaOf(cpu) }),
    ...(memory !== undefined && { memoryBytes: memory }),
  };
}

function planGroup(
  { version, mountPoint, controllers }: Hierarchy,
  path: string,
  limits: Limits,
  isParent: boolean,
): CgroupStep {
  const writes = version === 1 ? writesV1(limits) : writesV2(limits);
  const passOn = controllers.map((name) => `+${name}`).join(' ');
  const kept = writes.filter(([file]) => controllers.includes(file.split('.')[0]!));
  if (version === 2 && isParent) kept.push(['cgroup.subtree_control', passOn]);
  // As upstream's kubelet on v2: a container out of memory ends as a whole.
  const hasMemory = version === 2 && controllers.includes('memory');
  if (hasMemory && !isParent) kept.push(['memory.oom.group', '1']);
  return { dir: `${mountPoint}${path}`, writes: kept };
}

type Writes = [file: string, value: string][];

function writesV1({ cpuShares, cpuQuotaUs, memoryBytes, pidsMax }: Limits): Writes {
  return [
    ...set('cpu.shares', cpuShares),
    ...set('cpu.cfs_period_us', cpuQuotaUs && periodUs),
    ...set('cpu.cfs_quota_us', cpuQuotaUs),
    ...set('memory.limit_in_bytes', memoryBytes),
    ...set('pids.max', pidsMax),
  ];
}

function writesV2({ cpuShares, cpuQuotaUs, memoryBytes, pidsMax }: Limits): Writes {
  return [
    ...set('cpu.weight', cpuShares && weightOf(cpuShares)),
    ...set('cpu.max', cpuQuotaUs && `${cpuQuotaUs} ${periodUs}`),
    ...set('memory.max', memoryBytes),
    ...set('pids.max', pidsMax),
  ];
}

const set = (file: string, value: number | string | undefined): Writes =>
  value === undefined ? [] : [[file, String(value)]];

const sharesOf = (milli: number) => Math.max(sharesMin, Math.floor((milli * 1024) / 1000));
const quotaOf = (milli: number) => Math.max(quotaUsMin, Math.ceil((milli * periodUs) / 1000));
/** v1's 2…262144 onto v2's 1…10000. */
const weightOf = (shares: number) => 1 + Math.floor(((shares - 2) * 9999) / 262_142);
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
