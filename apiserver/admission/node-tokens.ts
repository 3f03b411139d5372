/** The tokens that a node may ask for: those of pods that run on it, for what these need. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { pods } from '../../api/resources/pod.ts';
import type { TokenRequest } from '../../api/types/authentication-v1.generated.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Volume,
} from '../../api/types/core-v1.generated.ts';
import type { CSIDriver } from '../../api/types/storage-v1.generated.ts';
import { findResource } from '../authorization/follow.ts';
import type { ObjectReader } from '../request.ts';
import type { NodeWrite } from './node-restriction.ts';

/** A sentence that says what is not allowed, or undefined. */
export function tokenProblem(write: NodeWrite): string | undefined {
  const { request, nodeName, reader } = write;
  const { info, object, operation } = request;
  if (operation !== 'CREATE' || info.subresource !== 'token') return undefined;
  const { boundObjectRef: bound, audiences = [] } = (object as TokenRequest).spec ?? {};
  if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name) {
    return 'node requested token not bound to a pod';
  }
  if (!bound.uid) return 'node requested token with a pod binding without a uid';
  const pod = reader.get(pods, bound.name, info.namespace);
  if (pod?.metadata?.uid !== bound.uid) {
    return `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  }
  if (pod.spec?.nodeName !== nodeName) {
    return 'node requested token bound to a pod scheduled on a different node';
  }
  if (audiences.length > 1) return 'node may only request 0 or 1 audiences';
  return audienceProblem(write, pod, audiences[0] ?? '');
}

/** A thief of the node's certificate gets no tokens for places that its pods have no business at. */
function audienceProblem({ request, reader, authorize }: NodeWrite, pod: Pod, audience: string) {
  const volumes = pod.spec?.volumes ?? [];
  if (volumes.some((volume) => isNamed(volume, { pod, audience, reader }))) return undefined;
  const { info, user } = request;
  const verb = 'request-serviceaccounts-token-audience';
  const may = authorize?.(user, { ...info, verb, resource: audience, subresource: '' });
  if (may?.allowed) return undefined;
  const name = JSON.stringify(audience);
  return `audience ${name} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`;
}

interface Sought {
  readonly pod: Pod;
  readonly audience: string;
  readonly reader: ObjectReader;
}

/** In the volume itself, or in what its storage driver asks for. */
function isNamed(volume: Volume, { pod, audience, reader }: Sought): boolean {
  const tokens = (volume.projected?.sources ?? []).map((each) => each.serviceAccountToken);
  if (tokens.some((token) => token && (token.audience ?? '') === audience)) return true;
  const name = volume.csi?.driver ?? driverOfClaim(volume, pod, reader);
  const driver = name && read<CSIDriver>(reader, 'csidrivers.storage.k8s.io', [name]);
  const requests = driver ? (driver.spec.tokenRequests ?? []) : [];
  return requests.some((each) => each.audience === audience);
}

function driverOfClaim(volume: Volume, pod: Pod, reader: ObjectReader): string | undefined {
  const { name: podName, namespace = '' } = pod.metadata ?? {};
  const { persistentVolumeClaim, ephemeral, name } = volume;
  const claimName = persistentVolumeClaim?.claimName ?? (ephemeral && `${podName}-${name}`);
  if (!claimName) return undefined;
  const place = [claimName, namespace] as const;
  const claim = read<PersistentVolumeClaim>(reader, 'persistentvolumeclaims', place);
  const { volumeName } = claim?.spec ?? {};
  const found = volumeName && read<PersistentVolume>(reader, 'persistentvolumes', [volumeName]);
  return found ? found.spec?.csi?.driver : undefined;
}

function read<T extends KubeObject>(
  reader: ObjectReader,
  kind: string,
  [name, namespace]: readonly [string, string?],
): T | undefined {
  const resource = findResource(kind) as Resource<T> | undefined;
  return resource && reader.get(resource, name, namespace);
}
