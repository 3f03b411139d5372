import type { KubeObject, WriteContext } from '../resource.ts';

/**
 * For prepareUpdate of newer kinds: whoever may write their status may not thereby label them, hold
 * them or give them to others. (Upstream's ResetObjectMetaForStatus.)
 */
export function keepMetadata(draft: KubeObject, old: KubeObject, context: WriteContext): void {
  if (context.subresource !== 'status') return;
  const { labels, annotations, finalizers, ownerReferences } = structuredClone(old.metadata!);
  const kept = { labels, annotations, finalizers, ownerReferences };
  const { metadata } = draft;
  for (const field of Object.keys(kept) as (keyof typeof kept)[]) delete metadata![field];
  const given = Object.entries(kept).filter(([, value]) => value !== undefined);
  Object.assign(metadata!, Object.fromEntries(given));
}
