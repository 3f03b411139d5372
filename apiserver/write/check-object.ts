/** Everything that is checked of an object before it is stored. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { typeOfKind } from '../../api/schema.ts';
import { invalidObject } from '../../api/validation/cause.ts';
import { validateStructure } from '../../api/validation/structure.ts';
import type { StatusError } from '../../base/errors.ts';

/** @throws StatusError Invalid, with all that is wrong */
export function checkObject(resource: Resource, draft: KubeObject, old: KubeObject | undefined) {
  const type = typeOfKind(resource);
  const causes = [
    ...(type ? validateStructure(type, draft as Record<string, unknown>) : []),
    ...(resource.validate?.(draft, old) ?? []),
  ];
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
