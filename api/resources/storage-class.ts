import { ageColumn, column, flagColumn, nameColumn } from '../columns.ts';
import type { Column, Resource } from '../resource.ts';
import type { StorageClass } from '../types/storage-v1.generated.ts';
import { validateStorageClass } from '../validation/storage-class.ts';
import { allVerbs } from './verbs.ts';

export const storageClasses: Resource<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    markedNameColumn(),
    column('Provisioner', 'Who makes its volumes.', ({ provisioner }) => provisioner),
    column('ReclaimPolicy', 'What becomes of a volume without claim.', ({ reclaimPolicy }) => {
      return reclaimPolicy ?? 'Delete';
    }),
    column('VolumeBindingMode', 'When a claim gets its volume.', ({ volumeBindingMode }) => {
      return volumeBindingMode ?? 'Immediate';
    }),
    flagColumn('AllowVolumeExpansion', 'Whether its volumes may grow.', (each) => {
      return each.allowVolumeExpansion ?? false;
    }),
    ageColumn,
  ],
  applyDefaults: (draft) => {
    draft.reclaimPolicy ??= 'Delete';
    draft.volumeBindingMode ??= 'Immediate';
  },
  validate: validateStorageClass,
};

/** Whether claims that name no class get this one. */
export const isDefaultStorageClass = ({ metadata }: StorageClass): boolean =>
  defaultMarks.some((mark) => metadata?.annotations?.[mark] === 'true');

const defaultMarks = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

function markedNameColumn(): Column<StorageClass> {
  const cell = (each: StorageClass) => {
    const name = each.metadata?.name ?? '';
    return isDefaultStorageClass(each) ? `${name} (default)` : name;
  };
  return { ...nameColumn, cell };
}
