/** What of a pod, or of a workload's template, is taken but will not do what its author thinks. */
import { isDns1123Label } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type {
  Affinity,
  Container,
  EphemeralContainer,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from '../types/core-v1.generated.ts';
import type { ObjectMeta } from '../types/meta-v1.generated.ts';
import { allContainers } from '../validation/pod-scope.ts';
import { isSame } from '../validation/same.ts';

/** `path` is where metadata and spec stand: empty, or `spec.template`. */
export function podWarnings(
  { metadata, spec }: Pick<PodTemplateSpec, 'metadata' | 'spec'>,
  path: string,
): string[] {
  const prefix = path && `${path}.`;
  return [
    ...annotationWarnings(metadata, `${prefix}metadata.annotations`),
    ...(spec ? specWarnings(spec, `${prefix}spec`) : []),
  ];
}

/** Of workloads: said when the template is new. */
export function templateWarnings(
  template: PodTemplateSpec | undefined,
  old: PodTemplateSpec | undefined,
  path = 'spec.template',
): string[] {
  return template && !isSame(template, old) ? podWarnings(template, path) : [];
}

/** Names of pods come from those of their workloads, and names of hosts from theirs. */
export function nameWarnings({ name = '' }: ObjectMeta = {}, what = 'Pod names and hostnames') {
  const problems = isDns1123Label(name);
  if (problems.length === 0) return [];
  return [
    `metadata.name: this is used in ${what}, which can result in surprising behavior; ` +
      `a DNS label is recommended: [${problems.join(' ')}]`,
  ];
}

const oldAnnotations: readonly (readonly [key: string, warning: string])[] = [
  [
    'scheduler.alpha.kubernetes.io/critical-pod',
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  [
    'seccomp.security.alpha.kubernetes.io/pod',
    'non-functional in v1.27+; use the "seccompProfile" field instead',
  ],
  [
    'container.seccomp.security.alpha.kubernetes.io/',
    'non-functional in v1.27+; use the "seccompProfile" field instead',
  ],
  [
    'container.apparmor.security.beta.kubernetes.io/',
    'deprecated since v1.30; use the "appArmorProfile" field instead',
  ],
];

const annotationWarnings = ({ annotations = {} }: ObjectMeta = {}, path: string): string[] =>
  Object.keys(annotations).flatMap((key) =>
    oldAnnotations
      .filter(([old]) => key === old || (old.endsWith('/') && key.startsWith(old)))
      .map(([, warning]) => `${path}[${key}]: ${warning}`),
  );

function specWarnings(spec: PodSpec, path: string): string[] {
  const { volumes = [], overhead, terminationGracePeriodSeconds: grace = 0 } = spec;
  const warnings = [
    ...placementWarnings(spec, path),
    ...volumes.flatMap((volume, index) => volumeWarnings(volume, `${path}.volumes[${index}]`)),
    ...repeated(spec.hostAliases, `${path}.hostAliases`, 'ip'),
    ...repeated(spec.imagePullSecrets, `${path}.imagePullSecrets`, 'name'),
    ...repeated(volumes, `${path}.volumes`, 'name'),
    ...fractionWarnings(overhead, `${path}.overhead`),
    ...allContainers(spec, path).flatMap(({ container, path: at }) =>
      containerWarnings(container, at),
    ),
  ];
  if (grace >= 0) return warnings;
  const why = 'must be >= 0; negative values are invalid and will be treated as 1';
  return [...warnings, `${path}.terminationGracePeriodSeconds: ${why}`];
}

const oldLabels = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  [
    'failure-domain.beta.kubernetes.io/region',
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  ],
  [
    'failure-domain.beta.kubernetes.io/zone',
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  ],
  [
    'beta.kubernetes.io/instance-type',
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  ],
]);

const labelWarning = (field: string, key: string): string[] =>
  oldLabels.has(key) ? [`${field}: ${oldLabels.get(key)}`] : [];

const noPod = 'a null labelSelector results in matching no pod';

function placementWarnings(spec: PodSpec, path: string): string[] {
  const { nodeSelector = {}, affinity = {}, topologySpreadConstraints: spread = [] } = spec;
  return [
    ...Object.keys(nodeSelector).flatMap((key) =>
      labelWarning(`${path}.nodeSelector[${key}]`, key),
    ),
    ...nodeWarnings(affinity, `${path}.affinity.nodeAffinity`),
    ...spread.flatMap(({ topologyKey, labelSelector }, index) => {
      const at = `${path}.topologySpreadConstraints[${index}]`;
      return [
        ...labelWarning(`${at}.topologyKey`, topologyKey),
        ...(labelSelector ? [] : [`${at}.labelSelector: ${noPod}`]),
      ];
    }),
    ...neighbourWarnings(affinity, `${path}.affinity`),
  ];
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

function nodeWarnings({ nodeAffinity }: Affinity, path: string): string[] {
  const terms = [
    ...(nodeAffinity?.[required]?.nodeSelectorTerms ?? []).map((term, index) => ({
      term,
      at: `${path}.${required}.nodeSelectorTerms[${index}]`,
    })),
    ...(nodeAffinity?.[preferred] ?? []).map(({ preference: term }, index) => ({
      term,
      at: `${path}.${preferred}[${index}].preference`,
    })),
  ];
  return terms.flatMap(({ term, at }) =>
    (term?.matchExpressions ?? []).flatMap(({ key }, index) =>
      labelWarning(`${at}.matchExpressions[${index}].key`, key),
    ),
  );
}

function neighbourWarnings(affinity: Affinity, path: string): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const terms = [
      ...(affinity[kind]?.[required] ?? []).map((term, index) => ({
        term,
        at: `${path}.${kind}.${required}[${index}]`,
      })),
      ...(affinity[kind]?.[preferred] ?? []).map(({ podAffinityTerm: term }, index) => ({
        term,
        at: `${path}.${kind}.${preferred}[${index}].podAffinityTerm`,
      })),
    ];
    return terms
      .filter(({ term }) => term && !term.labelSelector)
      .map(({ at }) => `${at}.labelSelector: ${noPod}`);
  });
}

const oldVolumes = new Map([
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]);

/** Also of PersistentVolumes. */
export const volumeWarnings = (volume: object | Volume, path: string): string[] =>
  Object.keys(volume)
    .filter((name) => oldVolumes.has(name))
    .map((name) => `${path}.${name}: ${oldVolumes.get(name)}`);

function repeated<T extends object>(list: readonly T[] = [], path: string, key: keyof T & string) {
  const seen = new Set<unknown>();
  return list.flatMap((each, index) => {
    const value = each[key];
    const isRepeated = seen.has(value);
    seen.add(value);
    const shown = JSON.stringify(value ?? '');
    return isRepeated ? [`${path}[${index}].${key}: duplicate ${key} ${shown}`] : [];
  });
}

function containerWarnings(container: Container | EphemeralContainer, path: string): string[] {
  const { env = [], ports = [], resources = {} } = container;
  const warnings = [
    ...fractionWarnings(resources.limits, `${path}.resources.limits`),
    ...fractionWarnings(resources.requests, `${path}.resources.requests`),
  ];
  const seenNames = new Set<string>();
  for (const [index, { name, value = '' }] of env.entries()) {
    // One that builds on the earlier one means it.
    if (seenNames.has(name) && !value.includes(`$(${name})`)) {
      const why = `hides previous definition of "${name}", which may be dropped when using apply`;
      warnings.push(`${path}.env[${index}]: ${why}`);
    }
    seenNames.add(name);
  }
  const seenPorts = new Map<string, string>();
  for (const [
    index,
    { containerPort, protocol = 'TCP', hostIP = '', hostPort = 0 },
  ] of ports.entries()) {
    const id = `${containerPort}/${protocol}/${hostIP}/${hostPort}`;
    const at = `${path}.ports[${index}]`;
    const first = seenPorts.get(id);
    if (first) warnings.push(`${at}: duplicate port definition with ${first}`);
    else seenPorts.set(id, at);
  }
  return warnings;
}

/** A part of a byte is no byte. */
export function fractionWarnings(amounts: Readonly<Record<string, string>> = {}, path: string) {
  return ['memory', 'ephemeral-storage', 'storage'].flatMap((name) => {
    const amount = Object.hasOwn(amounts, name) ? amounts[name]! : '0';
    if (parseQuantity(amount).nano % 1_000_000_000n === 0n) return [];
    return [`${path}[${name}]: fractional byte value "${amount}" is invalid, must be an integer`];
  });
}
