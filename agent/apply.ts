/** Does the steps that plan.ts decided, one executor each. Only this file and runtime/ act. */

import { rm } from 'node:fs/promises';
import { pods } from '../api/resources.ts';
import { hasReason, messageOf } from '../base/errors.ts';
import { resizeContainer } from './apply-resize.ts';
import { startContainer } from './apply-start.ts';
import type { AgentContext } from './context.ts';
import { endRun, type LivePod, recordOf, saveRecord } from './live-pod.ts';
import { podLogDir } from './paths.ts';
import { isFinished, isRestartable, type Step } from './plan.ts';
import { tell } from './pod-events.ts';
import { createSandbox, removeSandbox } from './runtime/sandbox.ts';
import { signalNumber } from './runtime/signals.ts';
import { isTerminalPhase, type PodState } from './state.ts';
import { reportStatus } from './status.ts';
import { removePodDir, setUpVolumes } from './volumes/volumes.ts';

export interface ApplyContext extends AgentContext {
  /** Makes the pod's monitor report to the loop; called for each new connection. */
  readonly follow: (live: LivePod) => void;
  /** A container of the pod runs: begin its probes. */
  readonly startProbes: (live: LivePod, container: string) => void;
  /** Something about the pod has changed: plan again. */
  readonly lookAgain: (live: LivePod) => void;
}

type Executors = {
  readonly [K in Exclude<Step['do'], 'waitUntil'>]: (
    context: ApplyContext,
    live: LivePod,
    step: Extract<Step, { do: K }>,
  ) => Promise<void>;
};

export async function applyStep(context: ApplyContext, live: LivePod, step: Step): Promise<void> {
  if (step.do === 'waitUntil') return;
  // The table pairs each step with its executor; TypeScript cannot follow that through the index.
  const execute = executors[step.do] as (c: ApplyContext, l: LivePod, s: Step) => Promise<void>;
  await execute(context, live, step);
}

const executors: Executors = {
  async setUpVolumes(context, { state }) {
    const { client, kernel, paths, clock, settings, allocatable } = context;
    const deps = { client, kernel, paths, now: () => clock.now() };
    const facts = { podIps: [], hostIps: settings.nodeIps, allocatable: allocatable() };
    try {
      await setUpVolumes(deps, state.pod, facts);
      state.volumesReady = true;
    } catch (error) {
      tell(context, state, { type: 'Warning', reason: 'FailedMount', message: messageOf(error) });
      throw error;
    }
  },

  async createSandbox(context, live) {
    const { state } = live;
    warnOfSeccomp(context, state);
    try {
      const { record, monitor } = await createSandbox(context, state);
      state.sandbox = record;
      live.monitor = monitor;
      context.follow(live);
    } catch (error) {
      failedSandbox(context, state, error);
      throw error;
    }
  },

  async attachNetwork(context, { state }) {
    const sandbox = state.sandbox!;
    try {
      if (!sandbox.netnsPath) {
        state.sandbox = { ...sandbox, stage: 'ready' };
      } else {
        // A crash may have cut an earlier ADD short: what it reserved must not stay reserved.
        if (sandbox.stage === 'attaching') await context.network.detach(sandbox, 'keepsNetns');
        state.sandbox = { ...sandbox, stage: 'attaching' };
        saveRecord(context.paths, state);
        const ips = await context.network.attach(state.sandbox);
        state.sandbox = { ...sandbox, stage: 'ready', ips };
      }
      saveRecord(context.paths, state);
    } catch (error) {
      failedSandbox(context, state, error);
      throw error;
    }
  },

  startContainer: (context, live, { name, attempt }) =>
    startContainer(context, live, { name, attempt }),

  async drain({ clock, drain, lookAgain }, live, { untilMs }) {
    const startedAtMs = clock.now();
    live.state.drain = { startedAtMs, untilMs };
    const done = () => {
      live.state.drain = { startedAtMs, untilMs: 0 };
      lookAgain(live);
    };
    // The pod's loop goes on meanwhile: a second delete may shorten its time.
    void drain?.(live.state.uid, untilMs - startedAtMs).then(done);
    if (!drain) done();
  },

  async killContainer(context, { state, monitor }, step) {
    const memory = state.containers.get(step.name);
    const run = memory?.run;
    if (!memory || run?.status !== 'running') return;
    const { force, deadlineMs, reason } = step;
    if (!run.kill) {
      const event = { type: 'Normal', reason: 'Killing', message: reason } as const;
      tell(context, state, { ...event, container: step.name });
    }
    const signalledAtMs = run.kill?.signalledAtMs ?? context.clock.now();
    memory.run = { ...run, kill: { reason, signalledAtMs, deadlineMs, forced: force } };
    saveRecord(context.paths, state);
    try {
      await monitor?.signal(run.id, signalNumber(force ? 'SIGKILL' : run.stopSignal));
    } catch (error) {
      // It may have ended this moment; the exit is on its way.
      context.log.debug('Could not signal container', {
        container: run.id,
        error: messageOf(error),
      });
    }
  },

  resizeContainer,

  async failPod(context, { state }, { reason, message }) {
    state.failure = { reason, message };
    tell(context, state, { type: 'Normal', reason, message });
  },

  reportStatus: (context, { state }) => reportStatus(context, state),

  async removeSandbox(context, live) {
    const { state, monitor } = live;
    const record = recordOf(state);
    for (const id of [...live.probes.keys(), ...live.waiters.keys()]) endRun(live, id);
    if (record) await removeSandbox(context, record, monitor);
    delete live.monitor;
    delete state.sandbox;
    state.sandboxLost = false;
    if (!isEnding(state)) forgetRuns(state);
  },

  async removePod(context, { state }) {
    await removePodDir(context, state.uid);
    if (state.stopping) return; // The pod's logs are for whoever asks after the next start.
    const { namespace, name, uid: podUid } = state;
    await rm(podLogDir(context.paths, { namespace, name, podUid }), {
      recursive: true,
      force: true,
    });
  },

  async deletePod({ client }, { state }) {
    const { namespace, name, uid } = state;
    try {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      await client.delete(pods, { namespace, name }, options);
    } catch (error) {
      // Conflict: another pod has the name already.
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
  },
};

function failedSandbox(context: AgentContext, state: PodState, error: unknown): void {
  const message = `Failed to create pod sandbox: ${messageOf(error)}`;
  tell(context, state, { type: 'Warning', reason: 'FailedCreatePodSandBox', message });
}

/** Better said than silently left out: the pod runs without the filter that it asks for. */
function warnOfSeccomp(context: AgentContext, state: PodState): void {
  const { securityContext, containers = [], initContainers = [] } = state.pod.spec ?? {};
  const all = [
    securityContext,
    ...[...initContainers, ...containers].map((c) => c.securityContext),
  ];
  if (!all.some((each) => each?.seccompProfile?.type === 'RuntimeDefault')) return;
  const message =
    'seccompProfile RuntimeDefault is not applied by this node yet: running Unconfined';
  tell(context, state, { type: 'Warning', reason: 'SeccompNotApplied', message });
}

/** A new sandbox begins again: init containers, and whatever the policy restarts. */
function forgetRuns(state: PodState): void {
  for (const memory of state.containers.values()) {
    const { run } = memory;
    if (!run || (memory.kind !== 'init' && !isRestartable(state, memory))) continue;
    memory.lastRun = run;
    memory.firstAttempt = run.attempt + 1;
    delete memory.run;
  }
}

const isEnding = (state: PodState) =>
  state.gone ||
  Boolean(state.stopping ?? state.failure ?? state.pod.metadata?.deletionTimestamp) ||
  isTerminalPhase(state.pod.status?.phase) ||
  isFinished(state);
