/**
 * Takes the finalizers away that keep a claim while a pod uses it, and a volume while a claim has
 * it. Admission puts them there (StorageObjectInUseProtection).
 */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { persistentVolumeClaims, persistentVolumes, pods } from '../../api/resources.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.generated.ts';
import { hasReason } from '../../base/errors.ts';
import { splitKey } from '../../client/keys.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { claimFinalizer, claimsOf, isUsing, volumeFinalizer } from './plan.ts';

export const claimProtection: Controller = {
  name: 'persistentvolumeclaim-protection-controller',
  watches: watching(persistentVolumeClaims, pods),
  start(context) {
    const { informers } = context;
    const reconciler = createReconciler('claim-protection', context, async (key) => {
      const claim = informers.of(persistentVolumeClaims).get(key);
      if (!claim?.metadata?.deletionTimestamp) return;
      if (isUsed(context, claim)) return; // The pod's end brings us back.
      await dropFinalizer(context, { resource: persistentVolumeClaims, key }, claimFinalizer);
    });
    informers.of(persistentVolumeClaims).onChange((key) => reconciler.enqueue(key));
    informers.of(pods).onChange((_, pod, old) => {
      for (const each of [pod, old]) for (const key of claimsOf(each)) reconciler.enqueue(key);
    });
  },
};

export const volumeProtection: Controller = {
  name: 'persistentvolume-protection-controller',
  watches: watching(persistentVolumes),
  start(context) {
    const { informers } = context;
    const reconciler = createReconciler('volume-protection', context, async (key) => {
      const volume = informers.of(persistentVolumes).get(key);
      if (!volume?.metadata?.deletionTimestamp || volume.status?.phase === 'Bound') return;
      await dropFinalizer(context, { resource: persistentVolumes, key }, volumeFinalizer);
    });
    informers.of(persistentVolumes).onChange((key) => reconciler.enqueue(key));
  },
};

function isUsed({ informers }: Context, { metadata }: PersistentVolumeClaim): boolean {
  const { name = '', namespace = '' } = metadata ?? {};
  const key = `${namespace}/${name}`;
  const isIts = (pod: Pod) => isUsing(pod) && claimsOf(pod).includes(key);
  return inNamespace(informers.of(pods), namespace).some(isIts);
}

interface Place<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly key: string;
}

/** Reads the object itself: a finalizer of somebody else's that the cache lacks must stay. */
async function dropFinalizer<T extends KubeObject>(
  { client }: Context,
  { resource, key }: Place<T>,
  finalizer: string,
): Promise<void> {
  const { name, namespace } = splitKey(key);
  try {
    const { metadata } = await client.get(resource, name, namespace);
    const finalizers = metadata?.finalizers ?? [];
    if (!finalizers.includes(finalizer)) return;
    const rest = finalizers.filter((each) => each !== finalizer);
    const { resourceVersion } = metadata ?? {};
    const body = { metadata: { resourceVersion, finalizers: rest } };
    const target = { name, ...(namespace && { namespace }) };
    await client.patch(resource, target, { type: 'merge', body });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
