/** The files of a volume that is made of API objects: path → content and mode. Pure. */
import type {
  ConfigMap,
  Container,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from '../../api/types/core-v1.generated.ts';
import { type FieldContext, fieldOf, resourceOf } from '../plan-env.ts';
import type { Sources } from '../sources.ts';

export interface VolumeFile {
  readonly content: Uint8Array;
  readonly mode: number;
}

export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

export interface VolumeContext extends FieldContext, Sources {
  readonly allocatable: Readonly<Record<string, string>>;
  /** Tokens by their path in the volume, fetched beforehand. */
  readonly tokens: ReadonlyMap<string, string>;
}

const modeDefault = 0o644;

/** @throws Error whose message names what is missing, for a FailedMount event */
export function planVolumeFiles(volume: Volume, context: VolumeContext): VolumeFiles {
  const { configMap, secret, downwardAPI, projected } = volume;
  const mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? modeDefault;
  if (configMap) return new Map(ofConfigMap(configMap, mode, context));
  if (secret) {
    return new Map(ofSecret({ ...secret, ...nameOf(secret.secretName) }, mode, context));
  }
  if (downwardAPI) return new Map(ofDownward(downwardAPI.items ?? [], mode, context));
  const sources = projected?.sources ?? [];
  return new Map(sources.flatMap((source) => ofProjection(source, mode, context)));
}

/** Projected service account tokens are asked of the API server by whoever calls us. */
export const tokensOf = ({ projected }: Volume) =>
  (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);

type Files = [path: string, file: VolumeFile][];

interface KeysSource {
  readonly name?: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function ofProjection(source: VolumeProjection, mode: number, context: VolumeContext): Files {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) return ofConfigMap(configMap, mode, context);
  if (secret) return ofSecret(secret, mode, context);
  if (downwardAPI) return ofDownward(downwardAPI.items ?? [], mode, context);
  if (!serviceAccountToken) return [];
  const { path } = serviceAccountToken;
  const token = context.tokens.get(path);
  if (token === undefined) throw new Error(`there is no token for ${path}`);
  return [
    [safePath(path), { content: new TextEncoder().encode(token), mode: 0o600 | (mode & 0o044) }],
  ];
}

function ofConfigMap(source: KeysSource, mode: number, { configMaps, pod }: VolumeContext): Files {
  const object = configMaps.get(source.name ?? '');
  if (!object && source.optional) return [];
  if (!object) throw new Error(`configmap "${source.name}" not found`);
  const text = Object.entries((object as ConfigMap).data ?? {});
  const binary = Object.entries((object as ConfigMap).binaryData ?? {});
  const content = new Map<string, Uint8Array>([
    ...text.map(([key, value]): [string, Uint8Array] => [key, new TextEncoder().encode(value)]),
    ...binary.map(([key, value]): [string, Uint8Array] => [key, fromBase64(value)]),
  ]);
  return select(content, source, { mode, what: `configmap ${titleOf(pod, source)}` });
}

function ofSecret(source: KeysSource, mode: number, { secrets, pod }: VolumeContext): Files {
  const object = secrets.get(source.name ?? '');
  if (!object && source.optional) return [];
  if (!object) throw new Error(`secret "${source.name}" not found`);
  const data = Object.entries((object as Secret).data ?? {});
  const content = new Map(data.map(([key, value]) => [key, fromBase64(value)]));
  return select(content, source, { mode, what: `secret ${titleOf(pod, source)}` });
}

function ofDownward(
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  context: VolumeContext,
): Files {
  return items.map(({ path, fieldRef, resourceFieldRef, mode: own }) => {
    const containers: readonly Container[] = context.pod.spec?.containers ?? [];
    const owner = containers.find(({ name }) => name === resourceFieldRef?.containerName);
    const value = fieldRef
      ? fieldOf(context, fieldRef)
      : owner && resourceFieldRef && resourceOf(owner, resourceFieldRef, context.allocatable);
    if (value === undefined) throw new Error(`downwardAPI item ${path} names nothing known`);
    return [safePath(path), { content: new TextEncoder().encode(value), mode: own ?? mode }];
  });
}

/** All keys under their own names, or the chosen ones under theirs. */
function select(
  content: ReadonlyMap<string, Uint8Array>,
  { items = [], optional }: KeysSource,
  { mode, what }: { mode: number; what: string },
): Files {
  if (items.length === 0) {
    return [...content].map(([key, bytes]) => [safePath(key), { content: bytes, mode }]);
  }
  return items.flatMap(({ key, path, mode: own }): Files => {
    const bytes = content.get(key);
    if (bytes) return [[safePath(path), { content: bytes, mode: own ?? mode }]];
    if (optional) return [];
    throw new Error(`references non-existent config key: ${key} of ${what}`);
  });
}

/** The API server checks this too, but a volume is written by root: look again. */
function safePath(path: string): string {
  const parts = path.split('/');
  const isUnsafe = parts.some((part) => part === '' || part === '.' || part === '..');
  if (isUnsafe || parts[0]!.startsWith('..') || path.includes('\0')) {
    throw new Error(`unsafe path ${JSON.stringify(path)}`);
  }
  return path;
}

const nameOf = (name: string | undefined) => (name === undefined ? {} : { name });
const titleOf = (pod: Pod, { name }: KeysSource) => `${pod.metadata?.namespace}/${name}`;
const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64');
