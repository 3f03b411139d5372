/** Nothing is done in a namespace that is not there. NamespaceLifecycle asks for more. */
import { namespaces } from '../../api/resources/namespace.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { missingNamespace } from './refusal.ts';

export function createNamespaceExists({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    validate({ resource, info }) {
      if (!resource.namespaced || info.namespace === '') return undefined;
      if (!reader.get(namespaces, info.namespace)) throw missingNamespace(info.namespace);
      return undefined;
    },
  };
}
