import type {
  DownwardAPIVolumeFile,
  Volume,
  VolumeProjection,
} from '../types/core-v1.generated.ts';

const readableByAll = 0o644;

export function defaultVolume(volume: Volume): void {
  const { secret, configMap, downwardAPI, projected, hostPath, ephemeral } = volume;
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of [secret, configMap, downwardAPI, projected]) {
    if (source) source.defaultMode ??= readableByAll;
  }
  defaultItems(downwardAPI?.items);
  for (const source of projected?.sources ?? []) defaultProjection(source);
  if (hostPath) hostPath.type ??= '';
  const claim = ephemeral?.volumeClaimTemplate?.spec;
  if (claim) claim.volumeMode ??= 'Filesystem';
}

function defaultProjection({ serviceAccountToken, downwardAPI }: VolumeProjection): void {
  if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600;
  defaultItems(downwardAPI?.items);
}

function defaultItems(items: DownwardAPIVolumeFile[] = []): void {
  for (const { fieldRef } of items) if (fieldRef) fieldRef.apiVersion ||= 'v1';
}
