/** Reads metrics where they are served: metrics.k8s.io and the two APIs of adapters. */

import { parseQuantity } from '../../api/quantity.ts';
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { LabelSelector } from '../../api/types/meta-v1.generated.ts';
import type { Client, ListOptions } from '../../client/client.ts';
import type { Sample } from './replicas.ts';

interface PodMetrics extends KubeObject {
  readonly timestamp?: string;
  readonly window?: string;
  readonly containers?: readonly {
    readonly name: string;
    readonly usage?: Record<string, string>;
  }[];
}

interface MetricValue extends KubeObject {
  readonly describedObject?: { readonly name?: string };
  readonly timestamp?: string;
  readonly windowSeconds?: number;
  readonly value?: string;
}

/** Read only, and not by us: nothing but the path counts. */
const served = (group: string, version: string, plural: string): Resource => ({
  ...{ group, version, plural, kind: 'MetricValueList', singular: plural },
  ...{ namespaced: true, verbs: ['list'], hasStatus: false, columns: [] },
});

export const milliOf = (quantity: string): number =>
  Number(parseQuantity(quantity).nano) / 1_000_000;

export interface Where {
  readonly namespace: string;
  /** Of the pods, as text. */
  readonly selector: string;
}

/** By pod. Pods of which not every container is measured are left out. @throws StatusError */
export async function fetchUsage(
  client: Client,
  { namespace, selector }: Where,
  { resource, container }: { readonly resource: string; readonly container?: string },
): Promise<Map<string, Sample>> {
  const podMetrics = served('metrics.k8s.io', 'v1beta1', 'pods');
  const { items } = await client.list(podMetrics, { namespace, labelSelector: selector });
  const samples = new Map<string, Sample>();
  for (const item of items as PodMetrics[]) {
    const own = (item.containers ?? []).filter(({ name }) => !container || name === container);
    const usages = own.map(({ usage }) => usage?.[resource]);
    if (usages.length === 0 || usages.includes(undefined)) continue;
    const milli = usages.reduce((sum, usage) => sum + milliOf(usage!), 0);
    samples.set(item.metadata?.name ?? '', {
      milli,
      atMs: Date.parse(item.timestamp ?? '') || 0,
      windowMs: (Number.parseFloat(item.window ?? '') || 60) * 1000,
    });
  }
  return samples;
}

interface Named {
  readonly name: string;
  readonly selector?: LabelSelector;
}

/** Of each pod. @throws StatusError */
export async function fetchOfPods(client: Client, where: Where, metric: Named) {
  const path = `pods/*/${encodeURIComponent(metric.name)}`;
  const items = await listCustom(client, where.namespace, path, {
    labelSelector: where.selector,
    ...metricSelector(metric),
  });
  return new Map(
    items.map((item): [string, Sample] => [
      item.describedObject?.name ?? '',
      {
        milli: milliOf(item.value ?? '0'),
        atMs: Date.parse(item.timestamp ?? '') || 0,
        windowMs: (item.windowSeconds ?? 60) * 1000,
      },
    ]),
  );
}

/** Of one object: `services/front`. @throws StatusError */
export async function fetchOfObject(
  client: Client,
  namespace: string,
  object: string,
  metric: Named,
): Promise<number> {
  const path = `${object}/${encodeURIComponent(metric.name)}`;
  const [item] = await listCustom(client, namespace, path, metricSelector(metric));
  if (!item?.value) throw new Error(`no value of metric ${metric.name} for ${object}`);
  return milliOf(item.value);
}

/** Of something outside: all values together. @throws StatusError */
export async function fetchExternal(
  client: Client,
  namespace: string,
  metric: Named,
): Promise<number> {
  const external = served('external.metrics.k8s.io', 'v1beta1', encodeURIComponent(metric.name));
  const labelSelector = selectorText(metric.selector);
  const { items } = await client.list(external, { namespace, labelSelector });
  if (items.length === 0) throw new Error('no metrics returned from external metrics API');
  return (items as MetricValue[]).reduce((sum, { value = '0' }) => sum + milliOf(value), 0);
}

async function listCustom(
  client: Client,
  namespace: string,
  path: string,
  options: ListOptions,
): Promise<MetricValue[]> {
  const custom = served('custom.metrics.k8s.io', 'v1beta2', path);
  const { items } = await client.list(custom, { namespace, ...options });
  return items as MetricValue[];
}

function metricSelector({ selector }: Named): ListOptions {
  const text = selectorText(selector);
  return (text ? { metricLabelSelector: text } : {}) as ListOptions;
}

/** `a=b,c in (d,e)` */
export function selectorText({
  matchLabels = {},
  matchExpressions = [],
}: LabelSelector = {}): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  return [...labels, ...expressions].join(',');
}
