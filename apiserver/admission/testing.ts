/** Admission requests for tests, in few words, and what comes of them. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.generated.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.generated.ts';
import { StatusError } from '../../base/errors.ts';
import { createMemoryStore } from '../../store/memory.ts';
import type { Store, Transaction } from '../../store/store.ts';
import type { Admission } from '../call.ts';
import type { AdmissionPlugin, AdmissionRequest, Passage, User } from '../request.ts';
import { chainPlugins } from './chain.ts';

export const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

export const nodeUser: User = {
  name: 'system:node:one',
  groups: ['system:nodes', 'system:authenticated'],
};

/** `{ containers: [{ name: 'a' }] }` in the namespace `default`. */
export const podWith = (spec: Partial<PodSpec> = {}, metadata: ObjectMeta = {}): Pod => ({
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'a' }], ...spec },
});

/** Writes take a moment: what several servers do at once, all decide before any is written. */
export function createSlowStore(): Store {
  const store = createMemoryStore();
  const transact = async (transaction: Transaction) => {
    await new Promise(setImmediate);
    return store.transact(transaction);
  };
  return {
    get: (key) => store.get(key),
    list: (request) => store.list(request),
    watch: (request) => store.watch(request),
    compact: (revision) => store.compact(revision),
    currentRevision: () => store.currentRevision(),
    close: () => store.close(),
    size: () => store.size(),
    transact,
  };
}

export interface RequestParts {
  readonly operation?: AdmissionRequest['operation'];
  readonly object?: KubeObject | undefined;
  readonly old?: KubeObject | undefined;
  readonly subresource?: string;
  readonly user?: User;
  readonly name?: string;
  readonly namespace?: string;
  readonly dryRun?: boolean;
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
    dryRun: parts.dryRun ?? false,
    warnings: [],
  };
}

/** Both phases, with nothing between; rolled back when refused, as the server does it. */
export async function pass(admission: Admission, request: AdmissionRequest): Promise<Passage> {
  const passage = admission.start(request);
  try {
    await passage.mutate();
    await passage.validate();
  } catch (error) {
    passage.rollback();
    throw error;
  }
  return passage;
}

/** `admitted`, or the code and message of the refusal. What was reserved is kept. */
export async function verdict(
  plugins: readonly AdmissionPlugin[],
  request: AdmissionRequest,
): Promise<string> {
  try {
    (await pass(chainPlugins(plugins), request)).commit();
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'admitted';
}
