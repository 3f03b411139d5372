/** The refusals of the API's machinery, in upstream's words: clients show and search for them. */
import { groupResourceOf, type Resource } from '../api/resource.ts';
import { invalidObject } from '../api/validation/cause.ts';
import { type StatusCause, StatusError } from '../base/errors.ts';

const details = ({ group, plural }: Resource, name: string) => ({
  name,
  ...(group && { group }),
  kind: plural,
});

export const notFound = (resource: Resource, name: string): StatusError =>
  new StatusError('NotFound', `${groupResourceOf(resource)} "${name}" not found`, {
    details: details(resource, name),
  });

export const alreadyExists = (resource: Resource, name: string): StatusError =>
  new StatusError('AlreadyExists', `${groupResourceOf(resource)} "${name}" already exists`, {
    details: details(resource, name),
  });

export const conflict = (resource: Resource, name: string, why: string): StatusError =>
  new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${groupResourceOf(resource)} "${name}": ${why}`,
    { details: details(resource, name) },
  );

export const modified = (resource: Resource, name: string): StatusError =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

/** What is written with the object (an address, a quota) was somebody else's, time and again. */
export const contended = (resource: Resource, name: string): StatusError =>
  conflict(resource, name, 'what it needs was taken by others meanwhile; please try again');

export const noSuchResource = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource');

export const methodNotAllowed = (): StatusError =>
  new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );

export const badRequest = (message: string): StatusError => new StatusError('BadRequest', message);

/** Of a request's options (query or DeleteOptions), e.g. `ListOptions.meta.k8s.io "" is invalid`. */
export const invalidOptions = (kind: string, causes: readonly StatusCause[]): StatusError =>
  invalidObject({ group: 'meta.k8s.io', kind }, '', causes);
