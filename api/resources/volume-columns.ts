/** What the columns of volumes and of claims have in common. */
import type { KubeObject } from '../resource.ts';

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

/** An annotation of old clients goes before the field. */
export const classOf = (object: KubeObject & { spec?: { storageClassName?: string } }): string =>
  object.metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ??
  object.spec?.storageClassName ??
  '';
