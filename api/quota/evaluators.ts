/** What an object counts for in a quota, kind by kind. Pure. */

import type { Amounts } from '../pod-resources.ts';
import { groupResourceOf, type KubeObject } from '../resource.ts';
import type { ScopedResourceSelectorRequirement } from '../types/core-v1.generated.ts';
import { one } from './amounts.ts';
import { claims, deviceClaims } from './claims.ts';
import { pods } from './pods.ts';
import { servicesEvaluator } from './services.ts';

/** What is asked of a write; an API server's request is one. */
export interface Write {
  readonly operation: string;
  readonly info: { readonly subresource: string };
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
}

export interface Evaluator {
  /** Which of a quota's names this kind counts for. */
  counts(name: string): boolean;
  /** By name; more than a quota may ask for. `now` in milliseconds: what is overdue is free. */
  usage(object: KubeObject, now: number): Amounts;
  /** Absent: the kind knows no scopes, so that a quota with any is not about it. */
  isInScope?(object: KubeObject, requirement: ScopedResourceSelectorRequirement): boolean;
  /** Whether the write can make an object count for more. */
  handles(write: Write): boolean;
  /** What the object must say where these names are limited: a sentence, or undefined. */
  lacks?(object: KubeObject, names: readonly string[]): string | undefined;
}

/** Names from before there was `count/…`. */
const oldNames: readonly string[] = [
  'configmaps',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
];

const special: ReadonlyMap<string, Evaluator> = new Map([
  ['pods', pods],
  ['services', servicesEvaluator],
  ['persistentvolumeclaims', claims],
  ['resourceclaims.resource.k8s.io', deviceClaims],
]);

/** Undefined for what no quota counts: there are always more events. */
export function evaluatorOf(resource: {
  readonly group: string;
  readonly plural: string;
}): Evaluator | undefined {
  const name = groupResourceOf(resource);
  if (resource.plural === 'events') return undefined;
  return special.get(name) ?? counting(name);
}

/** `count/deployments.apps` */
function counting(groupResource: string): Evaluator {
  const names = [`count/${groupResource}`];
  if (oldNames.includes(groupResource)) names.push(groupResource);
  const amounts: Amounts = new Map(names.map((name) => [name, one]));
  return {
    counts: (name) => names.includes(name),
    usage: () => amounts,
    handles: ({ operation, info }) => operation === 'CREATE' && info.subresource === '',
  };
}

/** The kinds whose objects a name counts, as `groupResourceOf` has them. */
export function countedBy(name: string): string[] {
  if (name.startsWith('count/')) return [name.slice('count/'.length)];
  if (oldNames.includes(name)) return [name];
  return [...special].filter(([, each]) => each.counts(name)).map(([resource]) => resource);
}
