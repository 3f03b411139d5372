/** Starts one container: image, environment, record, directories, then the monitor. */
import type { Container } from '../api/types/core-v1.generated.ts';
import { messageOf } from '../base/errors.ts';
import type { ApplyContext } from './apply.ts';
import { setPodLimits } from './apply-resize.ts';
import { release } from './exits.ts';
import { defaultPullPolicy, findImage, type ImageRecord, parseReference } from './images/index.ts';
import { type LivePod, saveRecord } from './live-pod.ts';
import { nextBackoffMs } from './plan.ts';
import { tell } from './pod-events.ts';
import {
  asStartError,
  type ContainerPlan,
  newContainerId,
  planContainerSpec,
  prepareContainer,
} from './runtime/container.ts';
import { planStopSignal } from './runtime/plan-container.ts';
import { configError, StartError } from './start-error.ts';
import { type ContainerMemory, type ContainerRun, findContainer } from './state.ts';
import { findUnsupportedIn } from './unsupported.ts';

const retryMsMin = 1000;
const retryMsMax = 10_000;

export async function startContainer(
  context: ApplyContext,
  live: LivePod,
  { name, attempt }: { name: string; attempt: number },
): Promise<void> {
  const { state } = live;
  const container = findContainer(state.pod, name);
  const memory = state.containers.get(name);
  if (!container || !memory || !live.monitor) return;
  try {
    refuseUnsupported(memory, container);
    const image = await resolveImage(context, container);
    const plan: ContainerPlan = { container, image, id: newContainerId(), attempt };
    const spec = await planContainerSpec(context, state, plan);
    const message = `Container image "${container.image}" already present on machine`;
    tell(context, state, { type: 'Normal', reason: 'Pulled', message, container: name });
    begin(context, live, { memory, plan });
    const before = memory.lastRun?.resources;
    if (before && !isSame(before, container.resources ?? {})) setPodLimits(context, state);
    await prepareContainer(context, state, plan);
    tell(context, state, { ...created, container: name });
    const started = await live.monitor.start(spec).catch((error: unknown) => {
      throw new StartError('RunContainerError', messageOf(error), { cause: error });
    });
    markRunning(context, live, { memory, id: plan.id, startedAtMs: started.startedAtMs });
    tell(context, state, { ...startedEvent, container: name });
  } catch (error) {
    await fail(context, live, { memory, error: asStartError('Could not start container', error) });
  }
}

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);

/** One that came later was not there when the pod as a whole was judged. */
function refuseUnsupported({ kind }: ContainerMemory, container: Container) {
  const problem = kind === 'ephemeral' && findUnsupportedIn(container);
  if (problem) throw configError(problem);
}

/** Rejects with the reason that the container then waits with. */
async function resolveImage({ paths }: ApplyContext, container: Container): Promise<ImageRecord> {
  const name = container.image ?? '';
  if (!parseReference(name)) {
    throw new StartError(
      'InvalidImageName',
      `Failed to apply default image tag "${name}": couldn't parse image name`,
    );
  }
  const image = await findImage(paths.root, name);
  if (image) return image;
  if ((container.imagePullPolicy ?? defaultPullPolicy(name)) === 'Never') {
    const message = `Container image "${name}" is not present with pull policy of Never`;
    throw new StartError('ErrImageNeverPull', message);
  }
  throw new StartError(
    'ErrImagePull',
    `image "${name}" is not on this node, and pulling is not there yet: import it with "wherry image import FILE"`,
  );
}

/** On disk before anything is made for this run. */
function begin(
  { paths, clock }: ApplyContext,
  { state }: LivePod,
  { memory, plan }: { memory: ContainerMemory; plan: ContainerPlan },
): void {
  const { container, image, id, attempt } = plan;
  if (memory.run?.status === 'exited') memory.lastRun = memory.run;
  if (memory.lastRun) memory.backoffMs = nextBackoffMs(memory.backoffMs);
  const run: ContainerRun = {
    id,
    attempt,
    specImage: container.image ?? '',
    image: image.name,
    imageId: image.id,
    stopSignal: planStopSignal(container, image.config),
    status: 'starting',
    createdAtMs: clock.now(),
    resources: container.resources ?? {},
  };
  memory.run = run;
  memory.readiness = !container.readinessProbe;
  memory.startup = !container.startupProbe;
  delete memory.waiting;
  delete memory.unhealthy;
  delete memory.resizeProblem;
  saveRecord(paths, state);
}

function markRunning(
  context: ApplyContext,
  live: LivePod,
  started: { memory: ContainerMemory; id: string; startedAtMs: number },
): void {
  const { memory, id, startedAtMs } = started;
  // A short-lived one may have ended, and its exit arrived, before the answer to our start.
  if (memory.run?.id !== id || memory.run.status !== 'starting') return;
  memory.run = { ...memory.run, status: 'running', startedAtMs };
  saveRecord(context.paths, live.state);
  context.startProbes(live, memory.name);
}

async function fail(
  context: ApplyContext,
  live: LivePod,
  { memory, error }: { memory: ContainerMemory; error: StartError },
): Promise<void> {
  const { state } = live;
  const now = context.clock.now();
  const failures = (memory.waiting?.failures ?? 0) + 1;
  const isPull = error.reason === 'ErrImagePull';
  const isAgain = isPull && failures > 1;
  const reason = isAgain ? 'ImagePullBackOff' : error.reason;
  const message = isAgain
    ? `Back-off pulling image: ErrImagePull: ${error.message}`
    : error.message;
  const retryMs = Math.min(retryMsMin * 2 ** (failures - 1), retryMsMax);
  memory.waiting = { reason, message, failures, retryAtMs: now + retryMs };
  const run = memory.run?.status === 'starting' ? memory.run : undefined;
  if (run) await release(context, live, run.id);
  if (run && error.reason === 'RunContainerError') memory.run = failedRun(run, error, now);
  else if (run) {
    memory.firstAttempt = run.attempt; // It was never made: its number is still free.
    delete memory.run;
  }
  saveRecord(context.paths, state);
  const prefix = isPull || error.reason === 'RunContainerError' ? '' : 'Error: ';
  tell(context, state, {
    type: 'Warning',
    reason: isAgain ? 'BackOff' : 'Failed',
    message: isAgain ? message : `${prefix}${error.message}`,
    container: memory.name,
  });
}

/** Counts as a run that ended at once: the policy decides whether there is another. */
const failedRun = (run: ContainerRun, error: StartError, now: number): ContainerRun => ({
  ...run,
  status: 'exited',
  exitCode: 128,
  reason: 'StartError',
  message: error.message,
  startedAtMs: now,
  finishedAtMs: now,
});

const created = { type: 'Normal', reason: 'Created', message: 'Container created' } as const;
const startedEvent = { type: 'Normal', reason: 'Started', message: 'Container started' } as const;
