/** The columns of `kubectl get pods`, with upstream's rules for what STATUS says. */
import { ageColumn, column, nameColumn, none, wideColumn } from '../columns.ts';
import { formatAge } from '../duration.ts';
import type { Column } from '../resource.ts';
import type { Container, ContainerStatus, Pod } from '../types/core-v1.generated.ts';

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  column('Ready', 'Ready containers of all containers.', (pod) => {
    const { ready, total } = summarizePod(pod);
    return `${ready}/${total}`;
  }),
  column('Status', 'What the pod is doing, or why it is not.', (pod) => summarizePod(pod).reason),
  column('Restarts', 'Restarts of its containers, and when the last one was.', (pod, now) => {
    const { restarts, lastRestart } = summarizePod(pod);
    const isDated = restarts !== 0 && lastRestart !== '';
    return isDated ? `${restarts} (${formatAge(lastRestart, now)} ago)` : String(restarts);
  }),
  ageColumn,
  wideColumn('IP', 'Address of the pod.', ({ status }) => {
    return status?.podIPs?.[0]?.ip || status?.podIP || none;
  }),
  wideColumn('Node', 'Node that the pod is bound to.', ({ spec }) => spec?.nodeName || none),
  wideColumn('Nominated Node', 'Node where room is being made for it.', ({ status }) => {
    return status?.nominatedNodeName || none;
  }),
  wideColumn('Readiness Gates', 'Conditions of its readiness gates that are true.', readinessGates),
];

export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  readonly lastRestart: string; // RFC 3339; empty if none is known.
}

export function summarizePod(pod: Pod): PodSummary {
  const { spec, status } = pod;
  const sidecars = new Set((spec?.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const total = (spec?.containers?.length ?? 0) + sidecars.size;
  const init = summarizeInit(pod, sidecars);
  let summary: Counts = { ...init, reason: init.reason || phaseReason(pod) };
  if (!init.reason || hasCondition(pod, 'Initialized')) {
    summary = summarizeMain(pod, { ...init.ofSidecars, ready: init.ready, reason: summary.reason });
  }
  const { ready, reason, restarts, lastRestart } = summary;
  const isEnding = pod.metadata?.deletionTimestamp !== undefined;
  if (isEnding && status?.reason === 'NodeLost') {
    return { ready, total, reason: 'Unknown', restarts, lastRestart };
  }
  const isTerminal = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  const shown = isEnding && !isTerminal ? 'Terminating' : reason;
  return { ready, total, reason: shown, restarts, lastRestart };
}

function phaseReason({ status }: Pod): string {
  const isGated = status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  return isGated ? 'SchedulingGated' : status?.reason || status?.phase || '';
}

/** Up to the first init container that is not done; `reason` is empty if all are. */
function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>) {
  const ofSidecars = { restarts: 0, lastRestart: '' };
  const summary = { ready: 0, reason: '', restarts: 0, lastRestart: '', ofSidecars };
  for (const [index, each] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecarStatus = sidecars.has(each.name);
    addRestarts(summary, each);
    if (isSidecarStatus) addRestarts(ofSidecars, each);
    if (each.state?.terminated?.exitCode === 0) continue;
    if (isSidecarStatus && each.started) {
      summary.ready += each.ready ? 1 : 0;
      continue;
    }
    summary.reason = initReason(each, index, pod.spec?.initContainers?.length ?? 0);
    break;
  }
  return summary;
}

function initReason({ state }: ContainerStatus, index: number, count: number): string {
  if (state?.terminated) return `Init:${terminatedReason(state.terminated)}`;
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${count}`;
}

interface Counts {
  ready: number;
  reason: string;
  restarts: number;
  lastRestart: string;
}

/** The first container has the last word on the reason. */
function summarizeMain(pod: Pod, start: Counts): Counts {
  const summary = { ...start };
  let hasRunning = false;
  for (const each of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    addRestarts(summary, each);
    const { waiting, terminated, running } = each.state ?? {};
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated) summary.reason = terminatedReason(terminated);
    else if (each.ready && running) {
      hasRunning = true;
      summary.ready += 1;
    }
  }
  if (summary.reason === 'Completed' && hasRunning) {
    summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
  return summary;
}

function terminatedReason(state: { reason?: string; signal?: number; exitCode: number }): string {
  if (state.reason) return state.reason;
  return state.signal ? `Signal:${state.signal}` : `ExitCode:${state.exitCode}`;
}

function addRestarts(sum: { restarts: number; lastRestart: string }, status: ContainerStatus) {
  sum.restarts += status.restartCount ?? 0;
  const finished = status.lastState?.terminated?.finishedAt ?? '';
  if (finished > sum.lastRestart) sum.lastRestart = finished; // UTC: text order is time order.
}

/** A restartable init container runs beside the others and counts as one of them. */
const isSidecar = (container: Container) => container.restartPolicy === 'Always';

const hasCondition = (pod: Pod, type: string) =>
  pod.status?.conditions?.some((each) => each.type === type && each.status === 'True') ?? false;

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return none;
  const ready = gates.filter(({ conditionType }) => hasCondition(pod, conditionType));
  return `${ready.length}/${gates.length}`;
}
