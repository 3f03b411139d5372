/** Which taints a namespace's pods tolerate by default, and which they may tolerate at all. */

import { containersOf } from '../../api/pod-containers.ts';
import { namespaces } from '../../api/resources/namespace.ts';
import type { Pod, Toleration } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { forbidden, isFor } from './refusal.ts';
import { covers, mergeTolerations } from './tolerations.ts';

const defaultKey = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const allowedKey = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';

/** For namespaces that say nothing themselves. */
interface Given {
  readonly default?: readonly Toleration[];
  readonly whitelist?: readonly Toleration[];
}

export interface PodTolerationRestrictionOptions {
  readonly reader: ObjectReader;
  readonly configs?: ReadonlyMap<string, unknown>;
}

export function createPodTolerationRestriction({
  reader,
  configs,
}: PodTolerationRestrictionOptions): AdmissionPlugin {
  const config = (configs?.get('PodTolerationRestriction') ?? {}) as Given;
  const find = (request: AdmissionRequest, key: string, fallback: readonly Toleration[] = []) =>
    annotated(request, reader, key) ?? fallback;
  return {
    name: 'PodTolerationRestriction',
    mutate(request) {
      const { spec } = podOf(request) ?? {};
      if (!spec) return undefined;
      const given = spec.tolerations ?? [];
      const added = request.old ? [] : find(request, defaultKey, config.default);
      checkConflict(request, added, given);
      // A pod with requests can do with less memory than there is: the pressure is not its own.
      const hasRequests = containersOf(spec).some(({ container }) => {
        const { requests, limits } = container.resources ?? {};
        return Object.keys({ ...requests, ...limits }).length > 0;
      });
      const pressure = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' };
      const own = hasRequests && !request.old ? [{ ...pressure, effect: 'NoSchedule' }] : [];
      const merged = mergeTolerations([...added, ...given], own);
      if (merged.length > 0) spec.tolerations = merged;
      return undefined;
    },
    validate(request) {
      const { spec } = podOf(request) ?? {};
      const allowed = find(request, allowedKey, config.whitelist);
      if (!spec?.tolerations || allowed.length === 0) return undefined;
      const isInside = spec.tolerations.every((one) => allowed.some((each) => covers(each, one)));
      if (isInside) return undefined;
      const why = 'pod tolerations (possibly merged with namespace default tolerations) conflict';
      throw forbidden(request, `${why} with its namespace whitelist`);
    },
  };
}

const podOf = (request: AdmissionRequest): Pod | undefined =>
  isFor(request, '', 'pods') ? (request.object as Pod | undefined) : undefined;

/** The same taint tolerated in two ways at once. */
function checkConflict(
  request: AdmissionRequest,
  added: readonly Toleration[],
  given: readonly Toleration[],
): void {
  const isOther = (a: Toleration, b: Toleration) =>
    a.key === b.key &&
    a.effect === b.effect &&
    (a.operator ?? 'Equal') === 'Equal' &&
    (b.operator ?? 'Equal') === 'Equal' &&
    a.value !== b.value;
  if (!added.some((a) => given.some((b) => isOther(a, b)))) return;
  throw forbidden(request, 'namespace tolerations and pod tolerations conflict');
}

function annotated(
  request: AdmissionRequest,
  reader: ObjectReader,
  key: string,
): readonly Toleration[] | undefined {
  const annotations = reader.get(namespaces, request.info.namespace)?.metadata?.annotations ?? {};
  if (!Object.hasOwn(annotations, key)) return undefined;
  try {
    const list: unknown = JSON.parse(annotations[key] || '[]');
    if (Array.isArray(list)) return list as Toleration[];
  } catch {}
  throw forbidden(request, `the annotation ${key} of the namespace is no list of tolerations`);
}
