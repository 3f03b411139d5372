import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label } from '../names.ts';
import type { StatefulSet, StatefulSetSpec } from '../types/apps-v1.generated.ts';
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from './cause.ts';
import { validateMetadata } from './metadata.ts';
import { checkAtMostAll, checkShare, notNegative, shareOf } from './numbers.ts';
import { isSame } from './same.ts';
import { checkEndless, checkSelecting, checkTemplate } from './template.ts';
import { checkClaimSpec } from './volume-claim.ts';

export function validateStatefulSet(set: StatefulSet, old: StatefulSet | undefined): StatusCause[] {
  const { spec } = set;
  const causes = validateMetadata(set, old, { namespaced: true, name: isDns1123Label });
  if (!spec) return causes;
  causes.push(
    ...checkStrategy(spec),
    ...checkRetention(spec),
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...notNegative('spec.ordinals.start', spec.ordinals?.start),
    ...checkSelecting(spec, 'statefulset'),
    ...checkEndless(spec.template, 'spec.template', 'StatefulSet'),
  );
  // What was stored once with a template that makes no pods can still be mended elsewhere.
  if (!old || !isSame(spec.template, old.spec?.template)) causes.push(...checkPods(spec));
  return [...causes, ...(old?.spec ? checkFixed(spec, old.spec) : checkClaims(spec))];
}

/** Each claim template is a volume of the pods, too. */
function checkPods({ template, volumeClaimTemplates = [] }: StatefulSetSpec): StatusCause[] {
  const claims = volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? '');
  return checkTemplate(template, 'spec.template', claims);
}

const checkClaims = ({ volumeClaimTemplates = [] }: StatefulSetSpec): StatusCause[] =>
  volumeClaimTemplates.flatMap(({ spec }, index) =>
    checkClaimSpec(spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`),
  );

function checkStrategy({ updateStrategy: strategy }: StatefulSetSpec): StatusCause[] {
  const path = 'spec.updateStrategy';
  if (!strategy?.type) return [requiredValue(path)];
  const rolling = strategy.rollingUpdate;
  if (!rolling) return [];
  if (strategy.type === 'OnDelete') {
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    return [invalidValue(`${path}.rollingUpdate`, rolling, detail)];
  }
  const field = `${path}.rollingUpdate.maxUnavailable`;
  const { maxUnavailable } = rolling;
  const causes = [
    ...notNegative(`${path}.rollingUpdate.partition`, rolling.partition),
    ...checkShare(field, maxUnavailable),
    ...checkAtMostAll(field, maxUnavailable),
  ];
  if (maxUnavailable !== undefined && shareOf(maxUnavailable) === 0 && causes.length === 0) {
    causes.push(invalidValue(field, maxUnavailable, 'cannot be 0'));
  }
  return causes;
}

function checkRetention({ persistentVolumeClaimRetentionPolicy: policy = {} }: StatefulSetSpec) {
  const choices = ['Delete', 'Retain'];
  return (['whenDeleted', 'whenScaled'] as const).flatMap((when) => {
    const value = policy[when];
    const field = `spec.persistentVolumeClaimRetentionPolicy.${when}`;
    return value && !choices.includes(value) ? [unsupportedValue(field, value, choices)] : [];
  });
}

const mayChange = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

function checkFixed(spec: StatefulSetSpec, old: StatefulSetSpec): StatusCause[] {
  const rest = (from: StatefulSetSpec) => {
    const fixed: Partial<StatefulSetSpec> = { ...from };
    for (const field of mayChange) delete fixed[field];
    return fixed;
  };
  if (isSame(rest(spec), rest(old))) return [];
  const names = mayChange.map((field) => `'${field}'`);
  const detail =
    `updates to statefulset spec for fields other than ${names.slice(0, -1).join(', ')} and ` +
    `${names.at(-1)} are forbidden`;
  return [forbiddenValue('spec', detail)];
}
