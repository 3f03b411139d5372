/** Computes a pod's status from what is observed, in upstream's words and order. Pure. */
import { podQosClass } from '../api/resources/pod-qos.ts';
import type { ContainerStatus, PodCondition, PodStatus } from '../api/types/core-v1.generated.ts';
import { toTime } from '../base/clock.ts';
import { planContainerStatus } from './plan-container-status.ts';
import { changedResources } from './plan-resize.ts';
import {
  appContainersOf,
  ephemeralContainersOf,
  hasSucceeded,
  initContainersOf,
  isTerminalPhase,
  type PodState,
} from './state.ts';

export interface StatusContext {
  readonly hostIps: readonly string[];
  readonly now: number;
}

export function planStatus(state: PodState, context: StatusContext): PodStatus {
  const { pod } = state;
  const before = pod.status ?? {};
  const inits = initContainersOf(pod).map((each) => planContainerStatus(state, each, before));
  const apps = appContainersOf(pod).map((each) => planContainerStatus(state, each, before));
  const ephemerals = ephemeralContainersOf(pod).map((each) =>
    planContainerStatus(state, each, before),
  );
  const phase = phaseOf(state, inits, apps);
  const ips = state.sandbox?.stage === 'ready' ? ipsOf(state, context) : podIpsBefore(before);
  return {
    ...keptFields(before),
    phase,
    ...failureOf(state, before),
    conditions: conditionsOf(state, { phase, inits, apps }, context),
    ...addressesOf(context.hostIps, ips),
    startTime: before.startTime ?? toTime(state.startedAtMs),
    ...(inits.length > 0 && { initContainerStatuses: inits }),
    containerStatuses: apps,
    ...(ephemerals.length > 0 && { ephemeralContainerStatuses: ephemerals }),
    qosClass: before.qosClass ?? podQosClass(pod.spec),
    ...(pod.metadata?.generation && { observedGeneration: pod.metadata.generation }),
  };
}

/** Whether the API server would see a difference. Object key order does not matter to it. */
export function isSameStatus(a: PodStatus | undefined, b: PodStatus): boolean {
  return JSON.stringify(sorted(a ?? {})) === JSON.stringify(sorted(b));
}

function phaseOf(
  state: PodState,
  inits: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
): string {
  const { pod, failure } = state;
  if (isTerminalPhase(pod.status?.phase)) return pod.status!.phase!;
  const running = apps.filter((each) => each.state?.running).length;
  const stopped = apps.filter((each) => each.state?.terminated ?? each.lastState?.terminated);
  const waiting = apps.length - running - stopped.length;
  const succeeded = apps.filter((each) => each.state?.terminated?.exitCode === 0).length;
  const isEnding = Boolean(pod.metadata?.deletionTimestamp) && running === 0;
  if (failure && running === 0) return 'Failed';
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const failedInit = inits.some(({ state: each }) => (each?.terminated?.exitCode ?? 0) !== 0);
  if (failedInit && policy === 'Never') return 'Failed';
  const isEnded = isEnding && apps.length > 0 && !anyRunning(state);
  if (isEnded) return succeeded === apps.length ? 'Succeeded' : 'Failed';
  if (inits.some(({ state: each }) => each?.terminated?.exitCode !== 0)) return 'Pending';
  if (waiting > 0) return 'Pending';
  if (running > 0 || policy === 'Always') return 'Running';
  if (succeeded === apps.length) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

interface Parts {
  readonly phase: string;
  readonly inits: readonly ContainerStatus[];
  readonly apps: readonly ContainerStatus[];
}

function conditionsOf(state: PodState, parts: Parts, { now }: StatusContext): PodCondition[] {
  const before = state.pod.status?.conditions ?? [];
  const generation = state.pod.metadata?.generation;
  const isSandboxReady = state.sandbox?.stage === 'ready' && !state.sandboxLost;
  const containersReady = readyVerdict(parts, parts.apps);
  const verdicts: [type: string, Verdict][] = [
    ['PodReadyToStartContainers', { status: isSandboxReady }],
    ['Initialized', initializedVerdict(state, parts)],
    ['Ready', gateVerdict(state, containersReady)],
    ['ContainersReady', containersReady],
  ];
  const ours = verdicts.map(([type, { status, reason, message }]): PodCondition => {
    const text = status ? 'True' : 'False';
    const old = before.find((each) => each.type === type);
    const isSame = old?.status === text && old.lastTransitionTime !== undefined;
    return {
      type,
      status: text,
      ...(generation && { observedGeneration: generation }),
      lastTransitionTime: isSame ? old.lastTransitionTime! : toTime(now),
      ...(reason && { reason }),
      ...(message && { message }),
    };
  });
  // Others own the rest: PodScheduled, DisruptionTarget, readiness gates.
  const mine = [...ours, ...resizeConditions(state, before, now)];
  const rest = before.filter(
    ({ type }) => !resizeTypes.includes(type) && !mine.some((each) => each.type === type),
  );
  return [...mine, ...rest];
}

const resizeTypes = ['PodResizePending', 'PodResizeInProgress'];

/** There only while something stands in the way of a resize. */
function resizeConditions(
  { containers, pod }: PodState,
  before: readonly PodCondition[],
  now: number,
): PodCondition[] {
  const stuck = appContainersOf(pod).find((container) => {
    const { run, resizeProblem } = containers.get(container.name) ?? {};
    return run && resizeProblem && changedResources(container, run).length > 0;
  });
  const problem = stuck && containers.get(stuck.name)?.resizeProblem;
  if (!problem) return [];
  const { reason, message } = problem;
  const type = reason === 'Infeasible' ? 'PodResizePending' : 'PodResizeInProgress';
  const old = before.find((each) => each.type === type && each.status === 'True');
  const generation = pod.metadata?.generation;
  return [
    {
      type,
      status: 'True',
      ...(generation && { observedGeneration: generation }),
      lastTransitionTime: old?.lastTransitionTime ?? toTime(now),
      reason,
      message,
    },
  ];
}

interface Verdict {
  readonly status: boolean;
  readonly reason?: string;
  readonly message?: string;
}

function readyVerdict({ phase }: Parts, apps: readonly ContainerStatus[]): Verdict {
  if (phase === 'Succeeded') return { status: false, reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: false, reason: 'PodFailed' };
  const unready = apps.filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return { status: true };
  const message = `containers with unready status: [${unready.join(' ')}]`;
  return { status: false, reason: 'ContainersNotReady', message };
}

function gateVerdict({ pod }: PodState, containers: Verdict): Verdict {
  if (!containers.status) return containers;
  const missing = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!condition)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (condition.status === 'True') return [];
    return [
      `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`,
    ];
  });
  if (missing.length === 0) return { status: true };
  return { status: false, reason: 'ReadinessGatesNotReady', message: missing.join(', ') };
}

function initializedVerdict(state: PodState, { phase, inits, apps }: Parts): Verdict {
  if (phase === 'Succeeded') return { status: true, reason: 'PodCompleted' };
  // Once an app container has run, its init containers had all succeeded, whatever came after.
  if (apps.some(({ state: each }) => each?.running)) return { status: true };
  const open = inits.filter(({ name }) => !hasSucceeded(state.containers.get(name)));
  const incomplete = open.filter(({ state: each }) => each?.terminated?.exitCode !== 0);
  if (incomplete.length === 0) return { status: true };
  const names = incomplete.map(({ name }) => name).join(' ');
  const message = `containers with incomplete status: [${names}]`;
  return { status: false, reason: 'ContainersNotInitialized', message };
}

function failureOf({ failure }: PodState, before: PodStatus) {
  const { reason, message } = failure ?? before;
  return { ...(reason && { reason }), ...(message && { message }) };
}

function ipsOf({ sandbox, pod }: PodState, { hostIps }: StatusContext): readonly string[] {
  return pod.spec?.hostNetwork ? hostIps : (sandbox?.ips ?? []);
}

/** A finished pod keeps the address it had, as upstream's does. */
const podIpsBefore = ({ podIPs = [] }: PodStatus) => podIPs.map(({ ip }) => ip);

function addressesOf(hostIps: readonly string[], ips: readonly string[]) {
  return {
    ...(hostIps[0] && { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
  };
}

/** What others write into a pod's status. */
function keptFields({ nominatedNodeName, resourceClaimStatuses }: PodStatus): PodStatus {
  return {
    ...(nominatedNodeName && { nominatedNodeName }),
    ...(resourceClaimStatuses && { resourceClaimStatuses }),
  };
}

const anyRunning = ({ containers }: PodState) =>
  [...containers.values()].some(({ run }) => run?.status === 'running');

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]);
}
