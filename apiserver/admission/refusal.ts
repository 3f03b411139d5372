/** How an admission plugin says no. */
import { groupResourceOf } from '../../api/resource.ts';
import { type StatusCause, StatusError } from '../../base/errors.ts';
import type { AdmissionRequest } from '../request.ts';

/** `pods "web" is forbidden: <why>`, as upstream's NewForbidden has it. */
export function forbidden(
  { resource, info, object, old }: AdmissionRequest,
  why: string,
  causes?: readonly StatusCause[],
): StatusError {
  const name = info.name || object?.metadata?.name || old?.metadata?.name || '';
  const what = groupResourceOf(resource);
  const subject = name ? `${what} ${JSON.stringify(name)}` : what;
  return new StatusError('Forbidden', `${subject} is forbidden: ${why}`, {
    details: {
      ...(name && { name }),
      ...(resource.group && { group: resource.group }),
      kind: resource.plural,
      ...(causes && { causes }),
    },
  });
}

export const missingNamespace = (name: string): StatusError =>
  new StatusError('NotFound', `namespaces ${JSON.stringify(name)} not found`, {
    details: { name, kind: 'namespaces' },
  });

/** `isFor(request, '', 'pods')`: the core pods themselves, none of their subresources. */
export function isFor(
  { resource, info }: AdmissionRequest,
  group: string,
  plural: string,
  subresource = '',
): boolean {
  return resource.group === group && resource.plural === plural && info.subresource === subresource;
}
