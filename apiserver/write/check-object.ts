/** Everything that is checked of an object before it is stored. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { invalidObject } from '../../api/validation/cause.ts';
import { validateObject } from '../../api/validation/object.ts';
import type { StatusError } from '../../base/errors.ts';

/** @throws StatusError Invalid, with all that is wrong */
export function checkObject(
  resource: Resource,
  draft: KubeObject,
  old: KubeObject | undefined,
  subresource: string,
): void {
  const causes = validateObject(resource, draft, old, subresource);
  if (causes.length > 0) throw invalidObject(resource, draft.metadata?.name ?? '', causes);
}

export const nameMissing = (resource: Resource): StatusError =>
  invalidObject(resource, '', [
    {
      reason: 'FieldValueRequired',
      message: 'Required value: name or generateName is required',
      field: 'metadata.name',
    },
  ]);
