/** Makes the namespace of whatever is made in one that is not there yet. */
import { namespaces } from '../../api/resources/namespace.ts';
import type { Namespace } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import type { MakeObject } from './make-object.ts';

interface Options {
  readonly reader: ObjectReader;
  readonly makeObject: MakeObject;
}

export function createNamespaceAutoProvision({ reader, makeObject }: Options): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    mutate({ operation, resource, info, dryRun }) {
      if (operation !== 'CREATE' || dryRun || !resource.namespaced) return undefined;
      const name = info.namespace;
      if (name === '' || reader.get(namespaces, name)) return undefined;
      const namespace: Namespace = { metadata: { name } };
      return makeObject(namespaces, namespace).then(() => undefined);
    },
  };
}
