/** Gives a running container the resources that its spec has by now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantityMilli, quantityValue } from '../api/quantity.ts';
import type { Container, ResourceRequirements } from '../api/types/core-v1.generated.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { AgentContext } from './context.ts';
import { type LivePod, saveRecord } from './live-pod.ts';
import { belowUsage, infeasible, problemOf } from './plan-resize.ts';
import { tell } from './pod-events.ts';
import { applyCgroups } from './runtime/cgroup.ts';
import { containerLimits, planLeaf, planPodCgroup, podCgroupPath } from './runtime/plan-cgroup.ts';
import { appContainersOf, type PodState } from './state.ts';

const retryMs = 10_000;

/** Never rejects: what stands in the way is told in the pod's status, and tried again if it may. */
export async function resizeContainer(
  context: AgentContext,
  { state }: LivePod,
  { name }: { readonly name: string },
): Promise<void> {
  const container = appContainersOf(state.pod).find((each) => each.name === name);
  const memory = state.containers.get(name);
  const run = memory?.run;
  if (!container || !memory || run?.status !== 'running') return;
  const wanted = container.resources ?? {};
  const refusal = infeasible(appContainersOf(state.pod), context.allocatable());
  if (refusal !== undefined) {
    memory.resizeProblem = problemOf(wanted, 'Infeasible', refusal);
    return;
  }
  try {
    setLimits(context, state, { container, id: run.id, has: run.resources ?? {} });
    memory.run = { ...run, resources: wanted };
    delete memory.resizeProblem;
    saveRecord(context.paths, state);
    const message = `Container ${name} has been resized`;
    tell(context, state, { type: 'Normal', reason: 'ResizeCompleted', message, container: name });
  } catch (error) {
    const problem = problemOf(wanted, 'Error', messageOf(error));
    memory.resizeProblem = { ...problem, retryAtMs: context.clock.now() + retryMs };
  }
}

interface Resizing {
  readonly container: Container;
  readonly id: string;
  readonly has: ResourceRequirements;
}

function setLimits(context: AgentContext, state: PodState, { container, id, has }: Resizing): void {
  const { hierarchies, settings } = context;
  const { resources: wanted = {} } = container;
  const path = join(podCgroupPath(settings.cgroupRoot, state.pod), id);
  if (isLess(wanted.limits?.memory, has.limits?.memory)) {
    const problem = belowUsage(wanted, readUsage(context, path));
    if (problem !== undefined) throw new Error(problem);
  }
  const leaf = () => applyCgroups(planLeaf(hierarchies, path, containerLimits(container)));
  // On v1 no container may have more CPU than its pod, not even in between.
  const shrinks = milliOf(wanted.limits?.cpu) < milliOf(has.limits?.cpu);
  if (shrinks) leaf();
  setPodLimits(context, state);
  if (!shrinks) leaf();
}

/** The sum of its containers has changed. */
export function setPodLimits({ hierarchies, settings }: AgentContext, { pod }: PodState): void {
  applyCgroups(planPodCgroup(hierarchies, settings.cgroupRoot, pod, settings.podPidsMax));
}

const milliOf = (cpu: string | undefined) =>
  cpu === undefined ? Number.POSITIVE_INFINITY : quantityMilli(cpu);

const isLess = (wanted: string | undefined, has: string | undefined) =>
  wanted !== undefined && (has === undefined || quantityValue(wanted) < quantityValue(has));

/** In bytes; zero where nobody counts. */
function readUsage({ hierarchies }: AgentContext, path: string): number {
  const counted = hierarchies.find(({ controllers }) => controllers.includes('memory'));
  if (!counted) return 0;
  const file = counted.version === 2 ? 'memory.current' : 'memory.usage_in_bytes';
  try {
    return Number(readFileSync(join(counted.mountPoint, path, file), 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0; // It has ended this moment.
    throw error;
  }
}
