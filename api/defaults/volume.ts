/** What upstream fills into volumes of pods, PersistentVolumes and claims. Each changes its argument. */
import type {
  DownwardAPIVolumeFile,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  Volume,
  VolumeProjection,
} from '../types/core-v1.generated.ts';
import { pullPolicyOf } from './image.ts';

const readableByAll = 0o644;

export function defaultVolume(volume: Volume): void {
  const { secret, configMap, downwardAPI, projected, ephemeral, image } = volume;
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of [secret, configMap, downwardAPI, projected]) {
    if (source) source.defaultMode ??= readableByAll;
  }
  defaultItems(downwardAPI?.items);
  for (const source of projected?.sources ?? []) defaultProjection(source);
  defaultSource(volume);
  if (image) image.pullPolicy ||= pullPolicyOf(image.reference ?? '');
  defaultClaimSpec(ephemeral?.volumeClaimTemplate?.spec);
}

export function defaultPersistentVolume(volume: PersistentVolume): void {
  volume.status ??= {};
  volume.status.phase ||= 'Pending';
  const { spec } = volume;
  if (!spec) return;
  spec.persistentVolumeReclaimPolicy ||= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  defaultSource(spec);
}

export function defaultClaim(claim: PersistentVolumeClaim): void {
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
  defaultClaimSpec(claim.spec);
}

function defaultClaimSpec(spec: PersistentVolumeClaimSpec | undefined): void {
  if (spec) spec.volumeMode ??= 'Filesystem';
}

type Sources = Pick<Volume, 'hostPath' | 'azureDisk'>;

/** What volumes of pods and PersistentVolumes share; more is in the schema. */
function defaultSource({ hostPath, azureDisk }: Sources): void {
  if (hostPath) hostPath.type ??= '';
  if (azureDisk) azureDisk.readOnly ??= false;
}

function defaultProjection({ serviceAccountToken, downwardAPI }: VolumeProjection): void {
  if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600;
  defaultItems(downwardAPI?.items);
}

function defaultItems(items: DownwardAPIVolumeFile[] = []): void {
  for (const { fieldRef } of items) if (fieldRef) fieldRef.apiVersion ||= 'v1';
}
