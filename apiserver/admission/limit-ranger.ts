/** Gives pods the defaults of their namespace's LimitRanges, and keeps them within the limits. */

import { containersOf } from '../../api/pod-containers.ts';
import { type Amounts, amountsOf, podAmounts } from '../../api/pod-resources.ts';
import { formatQuantity } from '../../api/quantity.ts';
import { limitRanges } from '../../api/resources/limit-range.ts';
import type {
  Container,
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
} from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { forbidden } from './refusal.ts';

const annotation = 'kubernetes.io/limit-ranger';

export function createLimitRanger({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  const rangesFor = ({ info }: AdmissionRequest) => reader.list(limitRanges, info.namespace);
  return {
    name: 'LimitRanger',
    mutate(request) {
      // A resize says itself what it wants.
      if (kindOf(request) !== 'Pod' || request.operation !== 'CREATE') return undefined;
      for (const range of rangesFor(request)) giveDefaults(request.object as Pod, range);
      return undefined;
    },
    validate(request) {
      const kind = kindOf(request);
      if (!kind) return undefined;
      for (const range of rangesFor(request)) {
        const problems = (range.spec?.limits ?? []).flatMap((limit) =>
          kind === 'Pod'
            ? checkPod(request.object as Pod, limit)
            : checkClaim(request.object as PersistentVolumeClaim, limit),
        );
        if (problems.length === 0) continue;
        const all = [...new Set(problems)];
        throw forbidden(request, all.length === 1 ? all[0]! : `[${all.join(', ')}]`);
      }
      return undefined;
    },
  };
}

/** Pods when they are made or resized, claims whenever they are written. */
function kindOf({ resource, info, object, old }: AdmissionRequest): 'Pod' | 'Claim' | undefined {
  if (!object || resource.group !== '') return undefined;
  if (old?.metadata?.deletionTimestamp) return undefined;
  const { subresource } = info;
  if (resource.plural === 'persistentvolumeclaims') return subresource ? undefined : 'Claim';
  if (resource.plural !== 'pods') return undefined;
  return subresource === (old ? 'resize' : '') ? 'Pod' : undefined;
}

function giveDefaults(pod: Pod, { spec }: LimitRange): void {
  const limits = (spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const told = [
    ...(pod.spec?.containers ?? []).flatMap((each) => giveTo(each, limits, 'container')),
    ...(pod.spec?.initContainers ?? []).flatMap((each) => giveTo(each, limits, 'init container')),
  ];
  if (told.length === 0) return;
  const value = `LimitRanger plugin set: ${told.join('; ')}`;
  pod.metadata = { ...pod.metadata };
  pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: value };
}

/** What was given, in words. */
function giveTo(container: Container, limits: readonly LimitRangeItem[], what: string): string[] {
  const given = { requests: [] as string[], limits: [] as string[] };
  for (const kind of ['requests', 'limits'] as const) {
    const before = new Map(Object.entries(container.resources?.[kind] ?? {}));
    const wanted = limits.flatMap((item) =>
      Object.entries((kind === 'requests' ? item.defaultRequest : item.default) ?? {}),
    );
    const missing = new Map(wanted.filter(([name]) => !before.has(name)));
    if (missing.size === 0) continue;
    const all = Object.fromEntries([...before, ...missing]);
    container.resources = { ...container.resources, [kind]: all };
    given[kind] = [...missing.keys()].sort();
  }
  return (['requests', 'limits'] as const).flatMap((kind) => {
    const word = kind === 'requests' ? 'request' : 'limit';
    const names = given[kind].join(', ');
    return names ? [`${names} ${word} for ${what} ${container.name}`] : [];
  });
}

interface Asked {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

function checkPod({ spec }: Pod, limit: LimitRangeItem): string[] {
  if (!spec) return [];
  if (limit.type === 'Pod') {
    const { overhead: _, ...own } = spec; // Of the runtime, not asked for by whoever made the pod.
    const asked = { requests: podAmounts(own, 'requests'), limits: podAmounts(own, 'limits') };
    return checkAmounts(asked, limit);
  }
  if (limit.type !== 'Container') return [];
  return containersOf(spec)
    .filter(({ list }) => list !== 'ephemeralContainers')
    .flatMap(({ container: { resources } }) => {
      const asked = {
        requests: amountsOf(resources?.requests),
        limits: amountsOf(resources?.limits),
      };
      return checkAmounts(asked, limit);
    });
}

/** A claim has requests only. */
function checkClaim({ spec }: PersistentVolumeClaim, limit: LimitRangeItem): string[] {
  if (limit.type !== 'PersistentVolumeClaim') return [];
  const requests = amountsOf(spec?.resources?.requests);
  return [
    ...eachOf(limit.min).flatMap((bound) =>
      checkMin(bound, { requests, limits: new Map() }, limit),
    ),
    ...eachOf(limit.max).flatMap((bound) => {
      const start = `maximum ${bound.name} usage per ${limit.type} is ${bound.text}`;
      const request = requests.get(bound.name);
      if (!request) return [`${start}.  No request is specified`];
      return request.nano > bound.nano
        ? [`${start}, but request is ${formatQuantity(request)}`]
        : [];
    }),
  ];
}

const checkAmounts = (asked: Asked, limit: LimitRangeItem): string[] => [
  ...eachOf(limit.min).flatMap((bound) => checkMin(bound, asked, limit)),
  ...eachOf(limit.max).flatMap((bound) => checkMax(bound, asked, limit)),
  ...eachOf(limit.maxLimitRequestRatio).flatMap((bound) => checkRatio(bound, asked, limit)),
];

interface Bound {
  readonly name: string;
  readonly nano: bigint;
  readonly text: string;
}

const eachOf = (list: Readonly<Record<string, string>> | undefined): Bound[] =>
  [...amountsOf(list)].map(([name, amount]) => ({
    name,
    nano: amount.nano,
    text: formatQuantity(amount),
  }));

function checkMin({ name, nano, text }: Bound, asked: Asked, { type }: LimitRangeItem): string[] {
  const start = `minimum ${name} usage per ${type} is ${text}`;
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  if (!request) return [`${start}.  No request is specified`];
  if (request.nano < nano) return [`${start}, but request is ${formatQuantity(request)}`];
  if (limit && limit.nano < nano) return [`${start}, but limit is ${formatQuantity(limit)}`];
  return [];
}

function checkMax({ name, nano, text }: Bound, asked: Asked, { type }: LimitRangeItem): string[] {
  const start = `maximum ${name} usage per ${type} is ${text}`;
  const [request, limit] = [asked.requests.get(name), asked.limits.get(name)];
  if (!limit) return [`${start}.  No limit is specified`];
  if (limit.nano > nano) return [`${start}, but limit is ${formatQuantity(limit)}`];
  if (request && request.nano > nano)
    return [`${start}, but request is ${formatQuantity(request)}`];
  return [];
}

function checkRatio({ name, nano, text }: Bound, asked: Asked, { type }: LimitRangeItem): string[] {
  const start = `${name} max limit to request ratio per ${type} is ${text}`;
  const request = asked.requests.get(name)?.nano ?? 0n;
  const limit = asked.limits.get(name)?.nano ?? 0n;
  if (request === 0n) return [`${start}, but no request is specified or request is 0`];
  if (limit === 0n) return [`${start}, but no limit is specified or limit is 0`];
  // limit / request > ratio, without the rounding of a division.
  if (limit * 1_000_000_000n <= request * nano) return [];
  return [`${start}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`];
}
