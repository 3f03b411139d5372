/** Does what was decided, against exactly the objects that were looked at. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { hasReason } from '../../base/errors.ts';
import { keyOf } from '../../client/keys.ts';
import type { Context } from '../controller.ts';
import type { Step } from './plan.ts';

interface Subject {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly dependents: readonly { readonly resource: Resource; readonly object: KubeObject }[];
}

export async function apply(context: Context, subject: Subject, step: Step): Promise<void> {
  const { resource, object, dependents } = subject;
  const uid = object.metadata?.uid ?? '';
  if (step.kind === 'delete') {
    await remove(context, resource, object, step.policy);
    context.log.info('Collected garbage', { kind: resource.kind, name: keyOf(object) });
  } else if (step.kind === 'dropOwners') {
    await dropOwners(context, resource, object, step.uids);
  } else if (step.kind === 'removeFinalizer') {
    const rest = (object.metadata?.finalizers ?? []).filter((each) => each !== step.finalizer);
    await patchMetadata(context, resource, object, { finalizers: rest });
  } else if (step.kind === 'orphanDependents') {
    for (const each of dependents.filter((one) => step.dependents.includes(one.object))) {
      await dropOwners(context, each.resource, each.object, [uid]);
    }
    // Their changes do not bring us back to the owner, so it ends here.
    const rest = (object.metadata?.finalizers ?? []).filter((each) => each !== 'orphan');
    await patchMetadata(context, resource, object, { finalizers: rest });
  }
}

async function remove(
  { client }: Context,
  resource: Resource,
  object: KubeObject,
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan',
): Promise<void> {
  const { uid = '', resourceVersion = '' } = object.metadata ?? {};
  // The version as well: somebody may give it a new owner at this moment.
  const preconditions = { uid, resourceVersion };
  await client
    .delete(resource, targetOf(object), { propagationPolicy, preconditions })
    .catch(ignoreNotFound);
}

async function dropOwners(
  context: Context,
  resource: Resource,
  object: KubeObject,
  uids: readonly string[],
): Promise<void> {
  const references = object.metadata?.ownerReferences ?? [];
  const ownerReferences = references.filter(({ uid }) => !uids.includes(uid));
  await patchMetadata(context, resource, object, { ownerReferences });
}

async function patchMetadata(
  { client }: Context,
  resource: Resource,
  object: KubeObject,
  change: object,
): Promise<void> {
  const { uid, resourceVersion } = object.metadata ?? {};
  const body = { metadata: { uid, resourceVersion, ...change } };
  await client.patch(resource, targetOf(object), { type: 'merge', body }).catch(ignoreNotFound);
}

function targetOf({ metadata }: KubeObject): { name: string; namespace?: string } {
  const { name = '', namespace } = metadata ?? {};
  return { name, ...(namespace && { namespace }) };
}

function ignoreNotFound(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
