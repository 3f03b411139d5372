/** What the columns of volumes and of claims have in common. */
import type { KubeObject } from '../resource.ts';
import type { ObjectMeta } from '../types/meta-v1.generated.ts';

export const unset = '<unset>';

const shortModes = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

/** `RWO,ROX` */
export const formatAccessModes = (modes: readonly string[] = []): string =>
  shortModes
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** An annotation of old clients goes before the field. */
export const classOf = (object: KubeObject & { spec?: { storageClassName?: string } }): string =>
  object.metadata?.annotations?.[classAnnotation] ?? object.spec?.storageClassName ?? '';

export const classWarnings = ({ annotations = {} }: ObjectMeta = {}): string[] =>
  Object.hasOwn(annotations, classAnnotation)
    ? [
        `metadata.annotations[${classAnnotation}]: deprecated since v1.8; ` +
          'use "storageClassName" attribute instead',
      ]
    : [];
