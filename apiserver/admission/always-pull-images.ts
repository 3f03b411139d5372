/** Who may not pull an image shall not run it only because it lies on the node already. */

import { containersOf } from '../../api/pod-containers.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../request.ts';
import { forbidden } from './refusal.ts';

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  mutate(request) {
    const spec = specOf(request);
    if (!spec) return undefined;
    for (const { container } of containersOf(spec)) container.imagePullPolicy = 'Always';
    for (const { image } of spec.volumes ?? []) if (image) image.pullPolicy = 'Always';
    return undefined;
  },
  validate(request) {
    const spec = specOf(request);
    if (!spec) return undefined;
    const wrong = containersOf(spec).find(
      ({ container }) => container.imagePullPolicy !== 'Always',
    );
    if (!wrong) return undefined;
    const { container, list } = wrong;
    const index = spec[list]!.findIndex(({ name }) => name === container.name);
    const policy = JSON.stringify(container.imagePullPolicy ?? '');
    throw forbidden(
      request,
      `spec.${list}[${index}].imagePullPolicy: Unsupported value: ${policy}: ` +
        'supported values: "Always"',
    );
  },
};

/** Undefined where no image can have come in: an update that names no new one. */
function specOf({ resource, info, object, old }: AdmissionRequest) {
  if (resource.group !== '' || resource.plural !== 'pods') return undefined;
  if (info.subresource !== '' && info.subresource !== 'ephemeralcontainers') return undefined;
  const spec = (object as Pod | undefined)?.spec;
  const before = (old as Pod | undefined)?.spec;
  if (!spec || !before) return spec;
  const known = new Set(containersOf(before).map(({ container }) => container.image));
  const isNew = containersOf(spec).some(({ container }) => !known.has(container.image));
  return isNew ? spec : undefined;
}
