import type { StatusCause } from '../../base/errors.ts';
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
} from '../types/core-v1.generated.ts';
import { immutableDetail, invalidValue, requiredValue } from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkQuotaResourceName, checkResourceAmount, isHugePages } from './resource-names.ts';

export function validateResourceQuota(
  quota: ResourceQuota,
  old: ResourceQuota | undefined,
): StatusCause[] {
  const { spec = {}, status = {} } = quota;
  const causes = [
    ...validateMetadata(quota, old, namespacedSubdomain),
    ...checkAmounts(spec.hard, 'spec.hard'),
    ...checkScopes(spec, spec.scopes ?? [], { path: 'spec.scopes', shown: spec.scopes }),
    ...checkScopeSelector(spec),
    ...checkAmounts(status.hard, 'status.hard'),
    ...checkAmounts(status.used, 'status.used'),
  ];
  if (old && !isSameSet(spec.scopes, old.spec?.scopes)) {
    causes.push(invalidValue('spec.scopes', spec.scopes ?? [], immutableDetail));
  }
  return causes;
}

const checkAmounts = (amounts: Readonly<Record<string, string>> = {}, path: string) =>
  Object.entries(amounts).flatMap(([name, amount]) => [
    ...checkQuotaResourceName(name, `${path}[${name}]`),
    ...checkResourceAmount(name, amount, `${path}[${name}]`),
  ]);

const ofPods = new Set(
  ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]).concat('pods'),
);
const scopes = new Map<string, ReadonlySet<string>>([
  ['Terminating', ofPods],
  ['NotTerminating', ofPods],
  ['BestEffort', new Set(['pods'])],
  ['NotBestEffort', ofPods],
  ['PriorityClass', ofPods],
  ['CrossNamespacePodAffinity', ofPods],
  ['VolumeAttributesClass', new Set(['persistentvolumeclaims', 'requests.storage'])],
]);
const opposites = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

interface Place {
  readonly path: string;
  readonly shown: unknown;
}

/** Each scope is known, fits to what is counted, and does not exclude another. */
function checkScopes({ hard = {} }: ResourceQuotaSpec, names: readonly string[], place: Place) {
  const { path, shown } = place;
  const causes: StatusCause[] = [];
  for (const name of names) {
    const fitting = scopes.get(name);
    if (!fitting) causes.push(invalidValue(path, shown, 'unsupported scope'));
    const misfits = Object.keys(hard).filter((each) => isStandard(each) && !fitting?.has(each));
    for (const _ of fitting ? misfits : []) {
      causes.push(invalidValue(path, shown, 'unsupported scope applied to resource'));
    }
  }
  for (const pair of opposites) {
    if (pair.every((name) => names.includes(name))) {
      causes.push(invalidValue(path, shown, 'conflicting scopes'));
    }
  }
  return causes;
}

const isStandard = (name: string) => !name.includes('/') && !isHugePages(name);

function checkScopeSelector(spec: ResourceQuotaSpec): StatusCause[] {
  if (!spec.scopeSelector) return [];
  const path = 'spec.scopeSelector.matchExpressions';
  const { matchExpressions = [] } = spec.scopeSelector;
  const names = matchExpressions.map(({ scopeName }) => scopeName);
  return [
    ...checkScopes(spec, names, { path, shown: spec.scopeSelector }),
    ...matchExpressions.flatMap((each) => checkRequirement(each, path)),
  ];
}

const onlyExists = new Set([...opposites.flat(), 'CrossNamespacePodAffinity']);

function checkRequirement(requirement: ScopedResourceSelectorRequirement, path: string) {
  const { scopeName, operator, values = [] } = requirement;
  const causes: StatusCause[] = [];
  if (onlyExists.has(scopeName) && operator !== 'Exists') {
    const detail =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, " +
      'ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ' +
      'ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';
    causes.push(invalidValue(`${path}.operator`, operator, detail));
  }
  if (operator === 'In' || operator === 'NotIn') {
    const detail =
      "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    if (values.length === 0) causes.push(requiredValue(`${path}.values`, detail));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail =
      "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    if (values.length > 0) causes.push(invalidValue(`${path}.values`, values, detail));
  } else causes.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  return causes;
}

function isSameSet(a: readonly string[] = [], b: readonly string[] = []): boolean {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((each) => right.has(each));
}
