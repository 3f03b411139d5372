/**
 * OwnerReferencesPermissionEnforcement: who changes the owners of an object could have deleted it
 * as well, and who lets it block its owner's end may do so to that owner.
 */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { allResources } from '../../api/resources.ts';
import type { OwnerReference } from '../../api/types/meta-v1.generated.ts';
import type { Authorizer } from '../authorization/authorize.ts';
import type { Attributes } from '../authorization/rbac.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../request.ts';
import { isEqual } from '../write/equality.ts';
import { forbidden } from './refusal.ts';

export function createOwnerReferences({
  authorize,
}: {
  readonly authorize?: Authorizer;
}): AdmissionPlugin {
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    validate(request) {
      const { info, object, old, operation } = request;
      if (operation === 'DELETE' || !object || !authorize) return undefined;
      if (info.resource === 'pods' && info.subresource === 'status') return undefined;
      if (isEqual(ownersOf(object), ownersOf(old))) return undefined;
      const ask = (attributes: Attributes) => authorize(request.user, attributes);
      if (operation === 'UPDATE') {
        const { allowed, reason } = ask({ ...info, verb: 'delete' });
        const why = "cannot set an ownerRef on a resource you can't delete";
        if (!allowed) throw forbidden(request, `${why}: ${reason}, <nil>`);
      }
      checkBlocking(request, ask);
      return undefined;
    },
  };
}

const ownersOf = (object: KubeObject | undefined): readonly OwnerReference[] =>
  object?.metadata?.ownerReferences ?? [];

type Ask = (attributes: Attributes) => ReturnType<Authorizer>;

/** @throws StatusError Forbidden */
function checkBlocking(request: AdmissionRequest, ask: Ask): void {
  const before = new Map(ownersOf(request.old).map((owner) => [owner.uid, owner]));
  const added = ownersOf(request.object).filter(
    (owner) => owner.blockOwnerDeletion && !before.get(owner.uid)?.blockOwnerDeletion,
  );
  if (added.length === 0 || ask({ ...finalizer, group: '*', resource: '*', name: '*' }).allowed) {
    return;
  }
  for (const owner of added) {
    const resource = resourceOf(owner);
    if (!resource) throw forbidden(request, unknownOwner(owner));
    const { group, plural, namespaced } = resource;
    const namespace = namespaced ? request.info.namespace : '';
    const target = { group, resource: plural, namespace, name: owner.name };
    const { allowed, reason } = ask({ ...finalizer, ...target });
    const why =
      "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set " +
      'finalizers on';
    if (!allowed) throw forbidden(request, `${why}: ${reason}, <nil>`);
  }
}

const finalizer = {
  isResource: true,
  path: '',
  verb: 'update',
  subresource: 'finalizers',
  namespace: '',
};

function resourceOf({ apiVersion, kind }: OwnerReference): Resource | undefined {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const isSame = (each: Resource) => each.kind === kind && each.group === group;
  return allResources.find((each) => isSame(each) && each.version === version);
}

const unknownOwner = ({ apiVersion, kind }: OwnerReference) =>
  'cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ' +
  `${apiVersion} Kind ${kind}`;
