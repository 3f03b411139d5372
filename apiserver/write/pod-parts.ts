/** What pods/ephemeralcontainers and pods/resize write: one part of the spec, and nothing beside. */
import type { Container, Pod, PodSpec } from '../../api/types/core-v1.generated.ts';

/** New ones may be added; the rest of the draft is passed over. Both are drafts. */
export function keepForEphemeral(kept: Pod, draft: Pod): Pod {
  const ephemeralContainers = draft.spec?.ephemeralContainers;
  const { ephemeralContainers: _, ...spec } = kept.spec!;
  const whole: PodSpec = { ...spec, ...(ephemeralContainers && { ephemeralContainers }) };
  return { ...kept, metadata: ownersOf(kept, draft), spec: whole };
}

/** The resources of containers, each found by its name: a container more or less changes nothing. */
export function keepForResize(kept: Pod, draft: Pod): Pod {
  const spec: PodSpec = {
    ...kept.spec!,
    containers: resized(kept.spec!.containers, draft.spec?.containers),
    ...(kept.spec!.initContainers && {
      initContainers: resized(kept.spec!.initContainers, draft.spec?.initContainers),
    }),
  };
  if (draft.spec?.resources) spec.resources = draft.spec.resources;
  return { ...kept, metadata: ownersOf(kept, draft), spec };
}

function resized(kept: readonly Container[], wanted: readonly Container[] = []): Container[] {
  return kept.map((container) => {
    const draft = wanted.find(({ name }) => name === container.name);
    if (!draft) return container;
    const { resources: _, resizePolicy: __, ...rest } = container;
    return {
      ...rest,
      ...(draft.resources && { resources: draft.resources }),
      ...(draft.resizePolicy && { resizePolicy: draft.resizePolicy }),
    };
  });
}

/** Of the metadata only who owns which field is the writer's to say. */
function ownersOf({ metadata }: Pod, draft: Pod): NonNullable<Pod['metadata']> {
  const { managedFields: _, ...rest } = metadata!;
  const { managedFields, uid } = draft.metadata ?? {};
  return { ...rest, ...(managedFields && { managedFields }), ...(uid !== undefined && { uid }) };
}
