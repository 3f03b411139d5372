/** A namespace's pods go to the nodes that the namespace, or the cluster, says. */
import { namespaces } from '../../api/resources/namespace.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { forbidden, isFor } from './refusal.ts';

const annotationKeys = ['scheduler.alpha.kubernetes.io/node-selector'];

type Labels = ReadonlyMap<string, string>;

export interface PodNodeSelectorOptions {
  readonly reader: ObjectReader;
  readonly configs?: ReadonlyMap<string, unknown>;
}

/** `clusterDefaultNodeSelector`, and for each namespace the labels that its pods may ask for. */
interface Given {
  readonly podNodeSelectorPluginConfig?: Readonly<Record<string, string>>;
}

/** @throws Error for a configured selector that is none */
export function createPodNodeSelector(options: PodNodeSelectorOptions): AdmissionPlugin {
  const given = (options.configs?.get('PodNodeSelector') ?? {}) as Given;
  const config = new Map(
    Object.entries(given.podNodeSelectorPluginConfig ?? {}).map(([name, text]) => [
      name,
      parseLabels(text),
    ]),
  );
  const selectorFor = (request: AdmissionRequest): Labels =>
    labelsOfNamespace(request, options.reader) ??
    config.get('clusterDefaultNodeSelector') ??
    new Map();
  return {
    name: 'PodNodeSelector',
    mutate(request) {
      const { spec } = newPod(request) ?? {};
      if (!spec) return undefined;
      const wanted = selectorFor(request);
      checkConflict(request, wanted, labelsOf(spec.nodeSelector));
      if (wanted.size > 0) {
        spec.nodeSelector = { ...spec.nodeSelector, ...Object.fromEntries(wanted) };
      }
      return undefined;
    },
    validate(request) {
      const { spec } = newPod(request) ?? {};
      if (!spec) return undefined;
      const own = labelsOf(spec.nodeSelector);
      checkConflict(request, selectorFor(request), own);
      const allowed = config.get(request.info.namespace);
      const isInside = !allowed || [...own].every(([key, value]) => allowed.get(key) === value);
      if (isInside) return undefined;
      const why = 'pod node label selector labels conflict with its namespace whitelist';
      throw forbidden(request, why);
    },
  };
}

const newPod = (request: AdmissionRequest): Pod | undefined =>
  request.operation === 'CREATE' && isFor(request, '', 'pods')
    ? (request.object as Pod)
    : undefined;

function labelsOfNamespace(request: AdmissionRequest, reader: ObjectReader): Labels | undefined {
  const annotations = reader.get(namespaces, request.info.namespace)?.metadata?.annotations ?? {};
  const key = annotationKeys.find((each) => Object.hasOwn(annotations, each));
  if (key === undefined) return undefined;
  try {
    return parseLabels(annotations[key]!);
  } catch (error) {
    throw forbidden(request, (error as Error).message);
  }
}

function checkConflict(request: AdmissionRequest, wanted: Labels, own: Labels): void {
  const isOther = [...wanted].some(([key, value]) => (own.get(key) ?? value) !== value);
  if (!isOther) return;
  throw forbidden(
    request,
    'pod node label selector conflicts with its namespace node label selector',
  );
}

const labelsOf = (labels: Readonly<Record<string, string>> | undefined): Labels =>
  new Map(Object.entries(labels ?? {}));

/** `env=test,disk=ssd`. @throws Error */
function parseLabels(text: string): Labels {
  const entries = text.split(',').flatMap((part): [string, string][] => {
    if (part.trim() === '') return [];
    const [key = '', value, ...rest] = part.split('=').map((each) => each.trim());
    if (!key || value === undefined || rest.length > 0) {
      throw new Error(`invalid selector: ${text}, must be key=value pairs`);
    }
    return [[key, value]];
  });
  return new Map(entries);
}
