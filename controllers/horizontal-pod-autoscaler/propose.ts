/** Asks each metric of an autoscaler how many replicas it wants. */
import { formatQuantity } from '../../api/quantity.ts';
import { groupResourceOf } from '../../api/resource.ts';
import { allResources } from '../../api/resources.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricTarget,
  MetricValueStatus,
} from '../../api/types/autoscaling-v2.generated.ts';
import type { Container, Pod } from '../../api/types/core-v1.generated.ts';
import { messageOf } from '../../base/errors.ts';
import type { Client } from '../../client/client.ts';
import { isReady } from '../pods.ts';
import {
  fetchExternal,
  fetchOfObject,
  fetchOfPods,
  fetchUsage,
  milliOf,
  type Where,
} from './metrics.ts';
import type { Proposal } from './plan.ts';
import {
  replicasByPods,
  replicasByShare,
  replicasByValue,
  type Sample,
  type Tolerance,
} from './replicas.ts';

export interface Question extends Where {
  readonly client: Client;
  readonly autoscaler: HorizontalPodAutoscaler;
  /** Those of the target. */
  readonly pods: readonly Pod[];
  readonly currentReplicas: number;
  readonly nowMs: number;
}

/** A failure is an answer, too: the autoscaler says which metric it is about. */
export async function propose(question: Question, metric: MetricSpec): Promise<Proposal> {
  const ask = Object.hasOwn(kinds, metric.type) ? kinds[metric.type] : undefined;
  if (!ask) {
    const error = `unknown metric source type ${JSON.stringify(metric.type)}`;
    return { reason: 'InvalidMetricSourceType', error };
  }
  try {
    return await ask(question, metric);
  } catch (error) {
    return { reason: `FailedGet${metric.type}Metric`, error: messageOf(error) };
  }
}

type Ask = (question: Question, metric: MetricSpec) => Promise<Proposal>;

const kinds: Readonly<Record<string, Ask>> = {
  async Resource(question, metric) {
    const { name, target } = metric.resource!;
    const answer = await askUsage(question, { resource: name, target });
    const what =
      target.averageUtilization === undefined ? '' : ' utilization (percentage of request)';
    const status = { type: 'Resource', resource: { name, current: answer.current } };
    return { replicas: answer.replicas, name: `${name} resource${what}`, status };
  },

  async ContainerResource(question, metric) {
    const { name, container, target } = metric.containerResource!;
    const answer = await askUsage(question, { resource: name, container, target });
    const what =
      target.averageUtilization === undefined ? '' : ' utilization (percentage of request)';
    const containerResource = { name, container, current: answer.current };
    const status = { type: 'ContainerResource', containerResource };
    return { replicas: answer.replicas, name: `${name} container resource${what}`, status };
  },

  async Pods(question, { pods: source }) {
    const { metric, target } = source!;
    const samples = await fetchOfPods(question.client, question, metric);
    const milli = milliOf(target.averageValue ?? '0');
    const replicas = byPods(question, samples, { targetOf: () => milli });
    const current = { averageValue: averageOf(samples) };
    const status = { type: 'Pods', pods: { metric, current } };
    return { replicas, name: `pods metric ${metric.name}`, status };
  },

  async Object(question, { object: source }) {
    const { metric, target, describedObject } = source!;
    const { kind, name } = describedObject;
    const place = `${pluralOf(describedObject)}/${encodeURIComponent(name)}`;
    const milli = await fetchOfObject(question.client, question.namespace, place, metric);
    const { replicas, current } = byWhole(question, milli, target);
    const status = { type: 'Object', object: { metric, describedObject, current } };
    return { replicas, name: `${kind} metric ${metric.name}`, status };
  },

  async External(question, { external: source }) {
    const { metric, target } = source!;
    const milli = await fetchExternal(question.client, question.namespace, metric);
    const { replicas, current } = byWhole(question, milli, target);
    const status = { type: 'External', external: { metric, current } };
    return { replicas, name: `external metric ${metric.name}`, status };
  },
};

interface UsageQuestion {
  readonly resource: string;
  readonly container?: string;
  readonly target: MetricTarget;
}

async function askUsage(question: Question, { resource, container, target }: UsageQuestion) {
  if (question.pods.length === 0) {
    throw new Error('no pods returned by selector while calculating replica count');
  }
  const which = { resource, ...(container && { container }) };
  const samples = await fetchUsage(question.client, question, which);
  const isCpu = resource === 'cpu';
  if (target.averageUtilization === undefined) {
    const milli = milliOf(target.averageValue ?? '0');
    const replicas = byPods(question, samples, { targetOf: () => milli, isCpu });
    return { replicas, current: { averageValue: averageOf(samples) } };
  }
  const percent = target.averageUtilization;
  const requests = requestsOf(question.pods, which);
  const requestOf = (pod: string) => requests.get(pod) ?? 0;
  const replicas = byPods(question, samples, {
    targetOf: requestOf,
    percent,
    assumedOf: (pod) => (requestOf(pod) * Math.max(100, percent)) / 100,
    isCpu,
  });
  const known = [...samples].filter(([pod]) => requestOf(pod) > 0);
  const used = known.reduce((sum, [, { milli }]) => sum + milli, 0);
  const requested = known.reduce((sum, [pod]) => sum + requestOf(pod), 0);
  const averageUtilization = requested === 0 ? 0 : Math.trunc((used * 100) / requested);
  return { replicas, current: { averageUtilization, averageValue: averageOf(samples) } };
}

/** In thousandths, by pod. @throws Error for a container that requests nothing of it */
function requestsOf(
  pods: readonly Pod[],
  { resource, container }: { readonly resource: string; readonly container?: string },
): Map<string, number> {
  const isMeant = ({ name }: Container) => !container || name === container;
  return new Map(
    pods.map(({ metadata, spec }): [string, number] => {
      const sidecars = (spec?.initContainers ?? []).filter(
        (each) => each.restartPolicy === 'Always',
      );
      const own = [...sidecars, ...(spec?.containers ?? [])].filter(isMeant);
      const sum = own.reduce((total, { name, resources }) => {
        const request = resources?.requests?.[resource];
        if (request !== undefined) return total + milliOf(request);
        const where = `in container ${name} of Pod ${metadata?.name}`;
        throw new Error(`missing request for ${resource} ${where}`);
      }, 0);
      return [metadata?.name ?? '', sum];
    }),
  );
}

interface Targets {
  readonly targetOf: (pod: string) => number;
  readonly assumedOf?: (pod: string) => number;
  readonly percent?: number;
  readonly isCpu?: boolean;
}

function byPods(
  question: Question,
  samples: ReadonlyMap<string, Sample>,
  { targetOf, assumedOf = targetOf, isCpu = false, percent }: Targets,
): number {
  const { pods, currentReplicas, nowMs } = question;
  const tolerance = toleranceOf(question.autoscaler);
  return replicasByPods({
    ...{ pods, samples, targetOf, assumedOf, isCpu, currentReplicas, nowMs, tolerance },
    ...(percent !== undefined && { percent }),
  });
}

function byWhole(question: Question, milli: number, target: MetricTarget) {
  const { currentReplicas, pods, autoscaler } = question;
  const tolerance = toleranceOf(autoscaler);
  if (target.averageValue !== undefined) {
    const targetMilli = milliOf(target.averageValue);
    const replicas = replicasByShare({ milli, targetMilli, currentReplicas, tolerance });
    const average = currentReplicas === 0 ? milli : Math.ceil(milli / currentReplicas);
    return { replicas, current: { averageValue: quantityOf(average) } as MetricValueStatus };
  }
  const targetMilli = milliOf(target.value ?? '0');
  const readyPods = pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length;
  const whole = { milli, targetMilli, currentReplicas, readyPods, tolerance };
  return {
    replicas: replicasByValue(whole),
    current: { value: quantityOf(milli) } as MetricValueStatus,
  };
}

const usualTolerance = 0.1;

function toleranceOf({ spec }: HorizontalPodAutoscaler): Tolerance {
  const of = (text: string | undefined) =>
    text === undefined ? usualTolerance : milliOf(text) / 1000;
  const { scaleUp, scaleDown } = spec.behavior ?? {};
  return { up: of(scaleUp?.tolerance), down: of(scaleDown?.tolerance) };
}

const quantityOf = (milli: number): string =>
  formatQuantity({ nano: BigInt(Math.round(milli)) * 1_000_000n, format: 'DecimalSI' });

function averageOf(samples: ReadonlyMap<string, Sample>): string {
  const sum = [...samples.values()].reduce((total, { milli }) => total + milli, 0);
  return quantityOf(samples.size === 0 ? 0 : Math.trunc(sum / samples.size));
}

/** As adapters name it: `services`, `ingresses.networking.k8s.io`. */
function pluralOf({ kind, apiVersion = 'v1' }: { kind: string; apiVersion?: string }): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const resource = allResources.find((each) => each.kind === kind && each.group === group);
  if (!resource) throw new Error(`no such kind: ${kind} in ${apiVersion}`);
  return groupResourceOf(resource);
}
