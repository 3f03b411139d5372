import { ageColumn, column, flagColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { VolumeAttachment } from '../types/storage-v1.generated.ts';
import { validateVolumeAttachment } from '../validation/volume-attachment.ts';
import { keepMetadata } from './status-only.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const volumeAttachments: Resource<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('VolumeAttachment')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Attacher', 'The driver that attaches it.', ({ spec }) => spec.attacher),
    column('PV', 'The volume.', ({ spec }) => spec.source.persistentVolumeName ?? ''),
    column('Node', 'The node that it is attached to.', ({ spec }) => spec.nodeName),
    flagColumn('Attached', 'Whether it is attached.', ({ status }) => status?.attached ?? false),
    ageColumn,
  ],
  validate: validateVolumeAttachment,
  prepareCreate: (draft) => {
    draft.status = { attached: false };
  },
  prepareUpdate: keepMetadata,
};
