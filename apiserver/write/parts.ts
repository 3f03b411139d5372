/** Each endpoint writes its own part of an object; the rest stays as it was. */
import { copyJson } from '../../api/own.ts';
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { keepForEphemeral, keepForResize } from './pod-parts.ts';

export type Part = 'object' | 'status' | 'finalize' | 'ephemeralcontainers' | 'resize' | 'whole';

type Whole = KubeObject & { spec?: { finalizers?: string[] }; status?: unknown };

/** The draft with all that the endpoint does not write as it was before. */
export function keepOthers(
  resource: Resource,
  changed: KubeObject,
  { old, part }: { readonly old: KubeObject; readonly part: Part },
): KubeObject {
  const [draft, before] = [changed as Whole, old as Whole];
  if (part === 'whole') return draft;
  if (part === 'object') return keepForObject(resource, draft, before);
  const kept = copyJson(before);
  if (part === 'finalize') {
    kept.spec = { ...kept.spec, finalizers: draft.spec?.finalizers ?? [] };
    return kept;
  }
  if (part === 'ephemeralcontainers') return keepForEphemeral(kept as Pod, draft as Pod);
  if (part === 'resize') return keepForResize(kept as Pod, draft as Pod);
  return keepForStatus(kept, draft);
}

function keepForObject(resource: Resource, draft: Whole, before: Whole): Whole {
  const isFinalized = resource.subresources?.some(({ name }) => name === 'finalize');
  const finalizers = before.spec?.finalizers;
  if (isFinalized && finalizers) draft.spec = { ...draft.spec, finalizers: [...finalizers] };
  if (!resource.hasStatus) return draft;
  const { status: _, ...rest } = draft;
  return before.status === undefined ? rest : withStatus(rest, copyJson(before.status));
}

const metadataOfStatus = ['labels', 'annotations', 'finalizers', 'managedFields'] as const;

function keepForStatus(kept: Whole, draft: Whole): Whole {
  const given = draft.metadata ?? {};
  kept.metadata = { ...kept.metadata };
  for (const field of metadataOfStatus) {
    if (given[field] === undefined) delete kept.metadata[field];
    else (kept.metadata as Record<string, unknown>)[field] = given[field];
  }
  if (given.uid !== undefined) kept.metadata.uid = given.uid;
  const { status: _, ...rest } = kept;
  return draft.status === undefined ? rest : withStatus(rest, draft.status);
}

const withStatus = (object: KubeObject, status: unknown): KubeObject =>
  ({ ...object, status }) as KubeObject;
