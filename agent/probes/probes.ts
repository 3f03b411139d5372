/** Runs a container's probes from its start to its end, and tells the pod's state what they say. */
import type { Container, Probe } from '../../api/types/core-v1.generated.ts';
import type { AgentContext } from '../context.ts';
import type { LivePod } from '../live-pod.ts';
import { tell } from '../pod-events.ts';
import { type ContainerMemory, initContainersOf } from '../state.ts';
import { checkProbe } from './check.ts';
import { addResult, type Count, type ProbeKind, timesOf, verdictOf } from './plan-probe.ts';

export interface ProbeSubject {
  readonly name: string;
  /** Makes the pod's loop look again. */
  readonly enqueue: () => void;
}

/** Does nothing for a container without probes. Ends with the run, or when it is let go. */
export function startProbes(context: AgentContext, live: LivePod, subject: ProbeSubject): void {
  const { state, probes } = live;
  const memory = state.containers.get(subject.name);
  const run = memory?.run;
  const container = [...(state.pod.spec?.containers ?? []), ...initContainersOf(state.pod)].find(
    ({ name }) => name === subject.name,
  );
  if (!container || !memory || !run || memory.kind === 'init' || probes.has(run.id)) return;
  const asked = [
    ['startup', container.startupProbe],
    ['liveness', container.livenessProbe],
    ['readiness', container.readinessProbe],
  ] as const;
  const end = new AbortController();
  for (const [kind, probe] of asked) {
    if (!probe) continue;
    probes.set(run.id, end);
    void new Prober(context, live, { kind, probe, container, memory, subject }).run(end.signal);
  }
}

interface Work {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly container: Container;
  readonly memory: ContainerMemory;
  readonly subject: ProbeSubject;
}

class Prober {
  readonly #context: AgentContext;
  readonly #live: LivePod;
  readonly #work: Work;
  readonly #runId: string;

  constructor(context: AgentContext, live: LivePod, work: Work) {
    this.#context = context;
    this.#live = live;
    this.#work = work;
    this.#runId = work.memory.run?.id ?? '';
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const { kind, probe, memory } = this.#work;
    const times = timesOf(probe);
    let count: Count | undefined;
    await clock.sleep(times.initialDelayMs, signal);
    while (!signal.aborted) {
      // The startup probe holds the others back, and rests when it has succeeded once.
      const isDue = kind === 'startup' ? !memory.startup : memory.startup;
      if (isDue) {
        const isSuccess = await this.#try(times.timeoutMs);
        if (signal.aborted) return;
        count = addResult(count, isSuccess);
        const verdict = verdictOf(count, times);
        if (verdict !== undefined) this.#settle(verdict);
      }
      if (kind === 'startup' && memory.startup) return;
      await clock.sleep(isDue ? times.periodMs : Math.min(times.periodMs, waitMs), signal);
    }
  }

  async #try(timeoutMs: number): Promise<boolean> {
    const { probe, container, kind, memory } = this.#work;
    const { monitor, state } = this.#live;
    if (!monitor || memory.run?.id !== this.#runId) return true; // It ends: nothing to judge.
    const ips = state.pod.spec?.hostNetwork ? this.#context.settings.nodeIps : state.sandbox?.ips;
    const target = { container, containerId: this.#runId, ip: ips?.[0] ?? '', monitor, timeoutMs };
    const { isSuccess, output } = await checkProbe(probe, target);
    if (isSuccess || memory.run?.id !== this.#runId) return isSuccess;
    const title = kind[0]!.toUpperCase() + kind.slice(1);
    const message = `${title} probe failed: ${output}`;
    tell(this.#context, state, {
      type: 'Warning',
      reason: 'Unhealthy',
      message,
      container: container.name,
    });
    return false;
  }

  #settle(verdict: boolean): void {
    const { kind, memory, container, subject } = this.#work;
    if (memory.run?.id !== this.#runId) return;
    const before = `${memory.readiness} ${memory.startup} ${memory.unhealthy}`;
    if (kind === 'readiness') memory.readiness = verdict;
    else if (verdict) memory.startup ||= kind === 'startup';
    else memory.unhealthy ??= `Container ${container.name} failed ${kind} probe, will be restarted`;
    if (before !== `${memory.readiness} ${memory.startup} ${memory.unhealthy}`) subject.enqueue();
  }
}

const waitMs = 1000; // How soon the others begin once the startup probe has succeeded.
