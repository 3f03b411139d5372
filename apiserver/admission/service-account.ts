/** Every pod acts as a ServiceAccount, and gets its token, the cluster's CA and its namespace. */
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type {
  Pod,
  PodSpec,
  ServiceAccount,
  Volume,
  VolumeMount,
} from '../../api/types/core-v1.generated.ts';
import type { Clock } from '../../base/clock.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { generateName } from '../write/metadata.ts';
import { isMirrorPod } from './node-objects.ts';
import { secretProblem, secretsIn } from './pod-secrets.ts';
import { forbidden, isFor } from './refusal.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
/** An hour, and a little more that tells these tokens from others of an hour. */
const tokenSeconds = 3607;
/** The controller needs a moment for the account of a new namespace. */
const waits = { times: 10, ms: 150 };

interface Options {
  readonly reader: ObjectReader;
  readonly clock: Clock;
}

export function createServiceAccount({ reader, clock }: Options): AdmissionPlugin {
  const find = (request: AdmissionRequest, name: string) =>
    reader.get(serviceAccounts, name, request.info.namespace);
  return {
    name: 'ServiceAccount',
    mutate(request) {
      const spec = newPod(request)?.spec;
      if (!spec || isMirrorPod(request.object as Pod)) return undefined;
      const name = spec.serviceAccountName || 'default';
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      const account = find(request, name);
      if (account) return void equip(spec, account);
      if (name !== 'default') throw missing(request, name);
      return wait(clock, () => find(request, name)).then((late) => {
        if (!late) throw missing(request, name);
        equip(spec, late);
        return undefined;
      });
    },
    validate(request) {
      const pod = newPod(request) ?? withEphemeral(request);
      if (!pod?.spec) return undefined;
      if (isMirrorPod(pod)) return checkMirror(request, pod.spec);
      const name = pod.spec.serviceAccountName ?? '';
      const account = find(request, name);
      if (!account) throw missing(request, name);
      if (!isEnforced(account)) return undefined;
      const problem = secretProblem(pod.spec, account);
      if (problem) throw forbidden(request, problem);
      return undefined;
    },
  };
}

const newPod = (request: AdmissionRequest): Pod | undefined =>
  request.operation === 'CREATE' && isFor(request, '', 'pods')
    ? (request.object as Pod)
    : undefined;

const withEphemeral = (request: AdmissionRequest): Pod | undefined =>
  request.operation === 'UPDATE' && isFor(request, '', 'pods', 'ephemeralcontainers')
    ? (request.object as Pod)
    : undefined;

async function wait<T>(clock: Clock, find: () => T | undefined): Promise<T | undefined> {
  for (let count = 0; count < waits.times; count++) {
    await clock.sleep(waits.ms);
    const found = find();
    if (found) return found;
  }
  return undefined;
}

function missing(request: AdmissionRequest, name: string) {
  const { namespace } = request.info;
  const why = `serviceaccount ${JSON.stringify(name)} not found`;
  return forbidden(request, `error looking up service account ${namespace}/${name}: ${why}`);
}

/** A mirror shows what the node runs anyhow: it gets nothing from the API. */
function checkMirror(request: AdmissionRequest, spec: PodSpec): undefined {
  if (spec.serviceAccountName) {
    throw forbidden(request, 'a mirror pod may not reference service accounts');
  }
  if (secretsIn(spec).length > 0) {
    throw forbidden(request, 'a mirror pod may not reference secrets');
  }
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken)) {
    throw forbidden(request, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

const isEnforced = ({ metadata }: ServiceAccount) =>
  /^(1|t|T|TRUE|true|True)$/.test(
    metadata?.annotations?.['kubernetes.io/enforce-mountable-secrets'] ?? '',
  );

/** Changes the spec. */
function equip(spec: PodSpec, account: ServiceAccount): void {
  const isMounted =
    spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (isMounted) mountToken(spec);
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
    spec.imagePullSecrets = account.imagePullSecrets.map((each) => ({ ...each }));
  }
}

function mountToken(spec: PodSpec): void {
  const before = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix));
  const name = before?.name ?? generateName(volumePrefix);
  const mount: VolumeMount = { name, readOnly: true, mountPath };
  let isNeeded = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some((each) => each.mountPath === mountPath)) continue;
    container.volumeMounts = [...mounts, { ...mount }];
    isNeeded = true;
  }
  if (isNeeded && !before) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ],
  },
});
