/** What makes a pod of a StatefulSet that one and no other: name, labels, host name, claims. Pure. */
import { statefulSets } from '../../api/resources.ts';
import type { StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodTemplateSpec,
  Volume,
} from '../../api/types/core-v1.generated.ts';
import { controllerReference } from '../owners.ts';
import { podOfTemplate } from '../pod-maker.ts';
import { revisionLabel } from '../revisions/plan.ts';

const nameLabel = 'statefulset.kubernetes.io/pod-name';
const indexLabel = 'apps.kubernetes.io/pod-index';

/** The number in its name; undefined when the name isn't one that this set gives. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const match = /^(.+)-(0|[1-9]\d{0,9})$/.exec(metadata?.name ?? '');
  return match?.[1] === set.metadata?.name ? Number(match?.[2]) : undefined;
}

export interface Ordinals {
  readonly start: number;
  readonly end: number; // Exclusive.
}

export function ordinalsOf({ spec }: StatefulSet): Ordinals {
  const start = spec?.ordinals?.start ?? 0;
  return { start, end: start + (spec?.replicas ?? 1) };
}

export const isWanted = (ordinal: number, { start, end }: Ordinals): boolean =>
  ordinal >= start && ordinal < end;

export const revisionOf = ({ metadata }: Pod): string | undefined =>
  metadata?.labels?.[revisionLabel];

/** The labels that tell one pod from the other. */
export const identityLabels = (set: StatefulSet, ordinal: number): Record<string, string> => ({
  [nameLabel]: `${set.metadata?.name}-${ordinal}`,
  [indexLabel]: String(ordinal),
});

/** `revision` is the name of the ControllerRevision that holds the template. */
export function makePod(
  set: StatefulSet,
  ordinal: number,
  { template, revision }: { readonly template: PodTemplateSpec; readonly revision: string },
): Pod {
  const { metadata, spec } = podOfTemplate(template);
  const name = `${set.metadata?.name}-${ordinal}`;
  const labels = { ...metadata?.labels, ...identityLabels(set, ordinal) };
  const volumes = volumesOf(set, ordinal, spec?.volumes ?? []);
  const { serviceName } = set.spec ?? {};
  return {
    metadata: {
      ...metadata,
      name,
      namespace: set.metadata?.namespace ?? '',
      labels: { ...labels, [revisionLabel]: revision },
      ownerReferences: [controllerReference(statefulSets, set)],
    },
    spec: {
      ...spec!,
      hostname: name,
      ...(serviceName && { subdomain: serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  };
}

/** A claim takes the place of a volume of the same name. */
function volumesOf(set: StatefulSet, ordinal: number, volumes: readonly Volume[]): Volume[] {
  const claims = (set.spec?.volumeClaimTemplates ?? []).map((claim) => ({
    name: claim.metadata?.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) },
  }));
  const names = new Set(claims.map(({ name }) => name));
  return [...claims, ...volumes.filter(({ name }) => !names.has(name))];
}

const claimName = (set: StatefulSet, { metadata }: PersistentVolumeClaim, ordinal: number) =>
  `${metadata?.name}-${set.metadata?.name}-${ordinal}`;

/** The claims of one pod, as they are made: without owner. */
export function claimsOf(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata?.namespace ?? '',
      labels: { ...template.metadata?.labels, ...set.spec?.selector.matchLabels },
    },
    ...(template.spec && { spec: template.spec }),
  }));
}

/** Whether a claim may be one of the set's, by its name. */
export const ownsClaim = (set: StatefulSet, { metadata }: PersistentVolumeClaim): boolean =>
  (set.spec?.volumeClaimTemplates ?? []).some((template) =>
    metadata?.name?.startsWith(`${template.metadata?.name}-${set.metadata?.name}-`),
  );
