/** The kinds of patch that a PATCH request may carry, told apart by its media type. */
import { StatusError } from '../../base/errors.ts';
import { isDeeperThan } from '../nesting.ts';
import { copyJson, isPlainObject, type PlainObject } from '../own.ts';
import type { TypeSchema } from '../schema.ts';
import { mergeJson } from './json-merge.ts';
import { applyJsonPatch } from './json-patch.ts';
import { badPatch, depthMax, unfitPatch } from './patch-error.ts';
import { mergeStrategic } from './strategic-merge.ts';

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

export const patchMediaTypes: Readonly<Record<PatchKind, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Undefined for media types that are no patch. Parameters (`; charset=…`) are passed over. */
export function patchKindOf(mediaType: string): PatchKind | undefined {
  const bare = mediaType.split(';', 1)[0]?.trim().toLowerCase();
  const known = Object.entries(patchMediaTypes).find(([, each]) => each === bare);
  return known?.[0] as PatchKind | undefined;
}

/**
 * The object as the patch makes it: a new one, undecoded. `current` and `body` stay as they are.
 * @throws StatusError BadRequest for a bad patch, Invalid for one that does not fit the object
 */
export function applyPatch(
  kind: PatchKind,
  body: unknown,
  current: object,
  schema: TypeSchema | undefined,
): object {
  if (kind === 'apply') {
    throw new StatusError('UnsupportedMediaType', 'server-side apply is not served here');
  }
  if (kind !== 'json' && !isPlainObject(body)) throw badPatch('the patch is not a JSON object');
  if (isDeeperThan(body, depthMax)) throw badPatch('exceeded max depth');
  const draft = copyJson(current) as PlainObject;
  const patch = copyJson(body);
  const patched =
    kind === 'json' ? applyJsonPatch(draft, patch) : merge(kind, draft, patch, schema);
  if (!isPlainObject(patched)) throw unfitPatch('the patch leaves no object');
  return patched;
}

function merge(
  kind: 'merge' | 'strategic',
  draft: PlainObject,
  patch: unknown,
  schema: TypeSchema | undefined,
): unknown {
  return kind === 'merge'
    ? mergeJson(draft, patch)
    : mergeStrategic(draft, patch as PlainObject, schema);
}
