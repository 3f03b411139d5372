/** Everything that is checked of an object before it is stored. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { typeOfKind } from '../../api/schema.ts';
import { invalidObject } from '../../api/validation/cause.ts';
import { validateStructure } from '../../api/validation/structure.ts';
import type { StatusCause, StatusError } from '../../base/errors.ts';

/** @throws StatusError Invalid, with all that is wrong */
export function checkObject(
  resource: Resource,
  draft: KubeObject,
  old: KubeObject | undefined,
  subresource: string,
): void {
  const type = typeOfKind(resource);
  const ruled = resource.validate?.(draft, old, subresource) ?? [];
  // The kind's own rules may say the same of a field, with more words.
  const missing = new Set(ruled.filter(isRequired).map(({ field }) => field));
  const causes = [
    ...(type ? validateStructure(type, draft as Record<string, unknown>) : []).filter(
      (cause) => !(isRequired(cause) && missing.has(cause.field)),
    ),
    ...ruled,
  ];
  if (causes.length > 0) throw invalidObject(resource, draft.metadata?.name ?? '', causes);
}

const isRequired = ({ reason }: StatusCause) => reason === 'FieldValueRequired';

export const nameMissing = (resource: Resource): StatusError =>
  invalidObject(resource, '', [
    {
      reason: 'FieldValueRequired',
      message: 'Required value: name or generateName is required',
      field: 'metadata.name',
    },
  ]);
