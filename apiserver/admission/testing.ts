/** Admission requests for tests, in few words. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { AdmissionRequest, User } from '../request.ts';

export const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

export const nodeUser: User = {
  name: 'system:node:one',
  groups: ['system:nodes', 'system:authenticated'],
};

export interface RequestParts {
  readonly operation?: AdmissionRequest['operation'];
  readonly object?: KubeObject | undefined;
  readonly old?: KubeObject | undefined;
  readonly subresource?: string;
  readonly user?: User;
  readonly name?: string;
  readonly namespace?: string;
}

/** The operation follows from what there is: old and new = UPDATE. */
export function admissionRequest<T extends KubeObject>(
  resource: Resource<T>,
  parts: RequestParts,
): AdmissionRequest {
  const { object, old, user = admin, subresource = '' } = parts;
  const { metadata } = object ?? old ?? {};
  const operation = parts.operation ?? (object ? (old ? 'UPDATE' : 'CREATE') : 'DELETE');
  const { group, version, plural } = resource;
  const name = parts.name ?? metadata?.name ?? '';
  const namespace = parts.namespace ?? metadata?.namespace ?? '';
  return {
    operation,
    resource: resource as unknown as Resource,
    info: {
      isResource: true,
      path: '',
      verb: operation.toLowerCase(),
      group,
      version,
      resource: plural,
      subresource,
      namespace,
      name,
      query: new URLSearchParams(),
    },
    user,
    object,
    old,
    dryRun: false,
  };
}
