/** Writes the states of a template: adopts, creates, raises and forgets them. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { controllerRevisions } from '../../api/resources.ts';
import type { ControllerRevision } from '../../api/types/apps-v1.generated.ts';
import type { LabelSelector } from '../../api/types/meta-v1.generated.ts';
import { hasReason } from '../../base/errors.ts';
import { type Context, inNamespace } from '../controller.ts';
import { applyClaims, controllerReference, isControlledBy, planClaims } from '../owners.ts';
import { isOfTemplate, planRevision, planTruncation, type Wanted } from './plan.ts';

const collisionsMax = 10; // In one run: more is no accident.

export interface Owner<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly object: T;
  readonly selector: LabelSelector | undefined;
}

/** The owner's revisions; undefined when some were adopted first: their change brings us back. */
export async function claimRevisions<T extends KubeObject>(
  { client, informers }: Context,
  owner: Owner<T>,
): Promise<readonly ControllerRevision[] | undefined> {
  const { object, selector } = owner;
  const informer = informers.of(controllerRevisions);
  const candidates = inNamespace(informer, object.metadata?.namespace ?? '');
  const claims = planClaims(object, selector, candidates);
  if (claims.adopt.length + claims.release.length === 0) return claims.owned;
  await applyClaims(client, owner, controllerRevisions, claims);
  return undefined;
}

export interface Written {
  readonly revision: ControllerRevision;
  readonly collisionCount: number;
}

/** Makes the wanted state the newest. Its name says what it holds, so that none is made twice. */
export async function writeRevision<T extends KubeObject>(
  context: Context,
  { resource, object }: Owner<T>,
  wanted: Omit<Wanted, 'owner'>,
  known: readonly ControllerRevision[],
): Promise<Written> {
  const { client } = context;
  for (let count = wanted.collisionCount; ; count++) {
    const plan = planRevision({ ...wanted, owner: object, collisionCount: count }, known);
    if (plan.kind === 'keep') return { revision: plan.revision, collisionCount: count };
    if (plan.kind === 'raise') {
      const revision = await raise(context, plan.revision, plan.to);
      return { revision, collisionCount: count };
    }
    const ownerReferences = [controllerReference(resource, object)];
    const metadata = { ...plan.revision.metadata, ownerReferences };
    try {
      const revision = await client.create(controllerRevisions, { ...plan.revision, metadata });
      return { revision, collisionCount: count };
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const { name = '', namespace } = metadata;
      const live = await client.get(controllerRevisions, name, namespace);
      // Our cache is behind, or somebody else's of the same name: then another name.
      const isOurs = isControlledBy(live, object) && isOfTemplate(live, wanted.template);
      if (isOurs) return { revision: live, collisionCount: count };
      if (count - wanted.collisionCount >= collisionsMax) throw error;
    }
  }
}

function raise(
  { client }: Context,
  { metadata }: ControllerRevision,
  revision: number,
): Promise<ControllerRevision> {
  const { name = '', namespace = '', resourceVersion } = metadata ?? {};
  const body = { metadata: { resourceVersion }, revision };
  return client.patch(controllerRevisions, { name, namespace }, { type: 'merge', body });
}

export interface Keep {
  /** Names of those in use. */
  readonly live: ReadonlySet<string>;
  readonly limit: number;
}

export async function forgetRevisions(
  { client }: Context,
  known: readonly ControllerRevision[],
  { live, limit }: Keep,
): Promise<void> {
  for (const { metadata } of planTruncation(known, live, limit)) {
    const { name = '', namespace = '', uid = '' } = metadata ?? {};
    try {
      const target = { name, namespace };
      await client.delete(controllerRevisions, target, { preconditions: { uid } });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }
}
