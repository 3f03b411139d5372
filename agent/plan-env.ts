/** A container's environment: values, references, service variables, `$(VAR)` expansion. Pure. */
import { parseQuantity } from '../api/quantity.ts';
import type {
  ConfigMap,
  Container,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  Pod,
  ResourceFieldSelector,
  Secret,
  Service,
} from '../api/types/core-v1.generated.ts';
import { configError } from './start-error.ts';

export interface EnvContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  /** The node's, for a resource that the container does not limit. */
  readonly allocatable: Readonly<Record<string, string>>;
  /** Of the pod's namespace, and `default/kubernetes`. */
  readonly services: readonly Service[];
  /** Objects of the pod's namespace that it refers to; absent = there is no such object. */
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
  readonly secrets: ReadonlyMap<string, Secret>;
}

/** @throws StartError CreateContainerConfigError naming what is missing */
export function planEnv(context: EnvContext): Map<string, string> {
  const { container } = context;
  const services = serviceEnv(context);
  const env = envFrom(context);
  const lookUp = (name: string) => env.get(name) ?? services.get(name);
  for (const variable of container.env ?? []) {
    const value = resolve(context, variable, lookUp);
    if (value !== undefined) env.set(variable.name, value);
  }
  return new Map([...services, ...env]);
}

/** `$(VAR)` is replaced where VAR is known, `$$` is a dollar. */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, inner: string, name: string) =>
    inner === '$' ? '$' : (lookUp(name) ?? whole),
  );
}

/** A pod's own field, as text: `metadata.labels['app']`. Undefined when the path is not known. */
export function fieldOf(context: FieldContext, { fieldPath }: ObjectFieldSelector) {
  const { metadata = {}, spec } = context.pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript) {
    const map = metadata[subscript[1] as 'labels' | 'annotations'] ?? {};
    return Object.hasOwn(map, subscript[2]!) ? map[subscript[2]!]! : '';
  }
  const fields = new Map<string, string>([
    ['metadata.name', metadata.name ?? ''],
    ['metadata.namespace', metadata.namespace ?? ''],
    ['metadata.uid', metadata.uid ?? ''],
    ['metadata.labels', formatMap(metadata.labels)],
    ['metadata.annotations', formatMap(metadata.annotations)],
    ['spec.nodeName', spec?.nodeName ?? ''],
    ['spec.serviceAccountName', spec?.serviceAccountName ?? ''],
    ['status.hostIP', context.hostIps[0] ?? ''],
    ['status.hostIPs', context.hostIps.join(',')],
    ['status.podIP', context.podIps[0] ?? ''],
    ['status.podIPs', context.podIps.join(',')],
  ]);
  return fields.get(fieldPath);
}

export type FieldContext = Pick<EnvContext, 'pod' | 'podIps' | 'hostIps'>;

/** `limits.memory` of a container in units of the divisor, rounded up. */
export function resourceOf(
  container: Container,
  { resource, divisor }: ResourceFieldSelector,
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  const [kind = '', name = ''] = [
    resource.split('.')[0],
    resource.slice(resource.indexOf('.') + 1),
  ];
  if (kind !== 'limits' && kind !== 'requests') return undefined;
  const own = container.resources?.[kind]?.[name];
  const amount = own ?? (kind === 'limits' ? allocatable[name] : undefined) ?? '0';
  const unit =
    divisor && parseQuantity(divisor).nano > 0n ? parseQuantity(divisor).nano : nanoOfOne;
  return String((parseQuantity(amount).nano + unit - 1n) / unit);
}

function envFrom({ container, configMaps, secrets }: EnvContext): Map<string, string> {
  const env = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    const kind = configMapRef ? 'configmap' : 'secret';
    const object = (configMapRef ? configMaps : secrets).get(ref?.name ?? '');
    if (!object && !ref?.optional) throw configError(`${kind} "${ref?.name}" not found`);
    for (const [key, value] of Object.entries(object?.data ?? {})) {
      if (key.includes('=')) continue; // No process could see such a variable.
      env.set(prefix + key, configMapRef ? value : decode(value));
    }
  }
  return env;
}

function resolve(
  context: EnvContext,
  { name, value, valueFrom }: EnvVar,
  lookUp: (name: string) => string | undefined,
): string | undefined {
  if (!valueFrom) return expand(value ?? '', lookUp);
  const { fieldRef, resourceFieldRef } = valueFrom;
  if (fieldRef) {
    const field = fieldOf(context, fieldRef);
    if (field !== undefined) return field;
    throw configError(`env ${name}: unsupported fieldPath: ${fieldRef.fieldPath}`);
  }
  if (resourceFieldRef) return resourceValue(context, name, resourceFieldRef);
  return keyValue(context, valueFrom);
}

function resourceValue(context: EnvContext, name: string, ref: ResourceFieldSelector): string {
  const { pod, container, allocatable } = context;
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const owner = ref.containerName ? all.find((each) => each.name === ref.containerName) : container;
  if (!owner) throw configError(`container ${ref.containerName} not found`);
  const amount = resourceOf(owner, ref, allocatable);
  if (amount !== undefined) return amount;
  throw configError(`env ${name}: unsupported container resource: ${ref.resource}`);
}

function keyValue(context: EnvContext, valueFrom: EnvVarSource): string | undefined {
  const { configMapKeyRef, secretKeyRef } = valueFrom;
  const ref = configMapKeyRef ?? secretKeyRef;
  if (!ref) throw configError('env: an empty valueFrom');
  const [kind, objects] = configMapKeyRef
    ? (['ConfigMap', context.configMaps] as const)
    : (['Secret', context.secrets] as const);
  const object = objects.get(ref.name ?? '');
  const data = object?.data ?? {};
  if (Object.hasOwn(data, ref.key)) {
    return configMapKeyRef ? data[ref.key]! : decode(data[ref.key]!);
  }
  if (ref.optional) return undefined;
  if (!object) throw configError(`${kind.toLowerCase()} "${ref.name}" not found`);
  const namespace = context.pod.metadata?.namespace;
  throw configError(`couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}`);
}

/** As upstream, which has them from Docker's links: WEB_SERVICE_HOST, WEB_PORT_80_TCP_ADDR, … */
function serviceEnv({ pod, services }: EnvContext): Map<string, string> {
  const env = new Map<string, string>();
  const namespace = pod.metadata?.namespace;
  const hasLinks = pod.spec?.enableServiceLinks !== false;
  for (const service of services) {
    const { name = '', namespace: home } = service.metadata ?? {};
    const isApi = home === 'default' && name === 'kubernetes';
    if (!isApi && !(hasLinks && home === namespace)) continue;
    for (const [key, value] of variablesOf(service)) env.set(key, value);
  }
  return env;
}

function variablesOf({ metadata, spec }: Service): [string, string][] {
  const ip = spec?.clusterIP;
  const ports = spec?.ports ?? [];
  if (!ip || ip === 'None' || ports.length === 0) return [];
  const upper = (text: string) => text.toUpperCase().replaceAll('-', '_');
  const prefix = upper(metadata?.name ?? '');
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const protocolOf = (protocol = 'TCP') => protocol.toLowerCase();
  const urlOf = (index: number) => {
    const { protocol, port } = ports[index]!;
    return `${protocolOf(protocol)}://${host}:${port}`;
  };
  return [
    [`${prefix}_SERVICE_HOST`, ip],
    [`${prefix}_SERVICE_PORT`, String(ports[0]!.port)],
    ...ports.flatMap(({ name, port }): [string, string][] =>
      name ? [[`${prefix}_SERVICE_PORT_${upper(name)}`, String(port)]] : [],
    ),
    [`${prefix}_PORT`, urlOf(0)],
    ...ports.flatMap(({ port, protocol = 'TCP' }, index): [string, string][] => {
      const link = `${prefix}_PORT_${port}_${protocol}`;
      return [
        [link, urlOf(index)],
        [`${link}_PROTO`, protocolOf(protocol)],
        [`${link}_PORT`, String(port)],
        [`${link}_ADDR`, ip],
      ];
    }),
  ];
}

/** `key="value"` lines in the order of keys, as the downward API writes labels. */
function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** Secrets travel in base64; bytes that are no UTF-8 cannot be an environment variable anyway. */
const decode = (base64: string) => Buffer.from(base64, 'base64').toString();
const nanoOfOne = 1_000_000_000n;
