/** Nothing is made in a namespace that is missing or going away; some namespaces never go. */
import { namespaces } from '../../api/resources/namespace.ts';
import type { Namespace } from '../../api/types/core-v1.generated.ts';
import type { StatusError } from '../../base/errors.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { forbidden, missingNamespace } from './refusal.ts';

const immortal: readonly string[] = ['default', 'kube-system', 'kube-public'];

export function createNamespaceLifecycle({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    mutate(request) {
      const { operation, resource, info } = request;
      if (resource.plural === 'namespaces' && resource.group === '') {
        if (operation === 'DELETE' && immortal.includes(info.name)) {
          throw forbidden(request, 'this namespace may not be deleted');
        }
        return undefined;
      }
      // Deleting is always allowed: that is how a namespace is emptied.
      if (!resource.namespaced || operation === 'DELETE') return undefined;
      if (resource.plural === 'localsubjectaccessreviews') return undefined; // Never stored.
      const namespace = reader.get(namespaces, info.namespace);
      if (!namespace) throw missingNamespace(info.namespace);
      if (operation === 'CREATE' && isTerminating(namespace)) {
        throw terminating(request, info.namespace);
      }
      return undefined;
    },
  };
}

const isTerminating = ({ metadata, status }: Namespace) =>
  Boolean(metadata?.deletionTimestamp) || status?.phase === 'Terminating';

function terminating(request: AdmissionRequest, name: string): StatusError {
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  const message = `namespace ${name} is being terminated`;
  // Clients that retry look for this cause, not for the sentence.
  return forbidden(request, why, [
    { reason: 'NamespaceTerminating', message, field: 'metadata.namespace' },
  ]);
}
