import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain } from '../names.ts';
import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentSpec,
} from '../types/storage-v1.generated.ts';
import { forbiddenValue, problemsOf, requiredValue } from './cause.ts';
import { checkDriverName } from './csi.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';

export const validateVolumeAttachment = (
  object: VolumeAttachment,
  old: VolumeAttachment | undefined,
): StatusCause[] => [
  ...validateMetadata(object, old, clusterSubdomain),
  ...(object.spec ? checkSpec(object.spec, 'spec') : []),
  ...(old ? checkImmutable('spec', object.spec, old.spec) : []),
];

function checkSpec({ attacher, nodeName, source }: VolumeAttachmentSpec, path: string) {
  return [
    ...checkDriverName(attacher, `${path}.attacher`),
    ...(nodeName === undefined
      ? []
      : problemsOf(`${path}.nodeName`, nodeName, isDns1123Subdomain(nodeName))),
    ...(source ? checkSource(source, `${path}.source`) : []),
  ];
}

function checkSource(source: VolumeAttachmentSource, path: string): StatusCause[] {
  const { inlineVolumeSpec, persistentVolumeName: name } = source;
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (!inlineVolumeSpec && name === undefined) return [requiredValue(path, detail)];
  if (inlineVolumeSpec && name !== undefined) return [forbiddenValue(path, detail)];
  if (name === undefined) return [];
  const at = `${path}.persistentVolumeName`;
  if (name === '') return [requiredValue(at, 'must specify non empty persistentVolumeName')];
  return problemsOf(at, name, isDns1123Subdomain(name));
}
