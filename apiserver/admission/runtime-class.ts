/** What a pod's RuntimeClass adds to it: the runtime's own needs, and where it may run. */
import { isDeepStrictEqual } from 'node:util';
import { canonicalQuantity } from '../../api/quantity.ts';
import { runtimeClasses } from '../../api/resources/runtime-class.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.generated.ts';
import type { RuntimeClass } from '../../api/types/node-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { forbidden, isFor } from './refusal.ts';
import { mergeTolerations } from './tolerations.ts';

export function createRuntimeClass({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    mutate(request) {
      const spec = newPodSpec(request);
      if (!spec) return undefined;
      const runtimeClass = findClass(request, spec, reader);
      if (!runtimeClass) return undefined;
      giveOverhead(request, spec, runtimeClass);
      giveScheduling(request, spec, runtimeClass);
      return undefined;
    },
    validate(request) {
      const spec = newPodSpec(request);
      if (!spec) return undefined;
      const overhead = findClass(request, spec, reader)?.overhead?.podFixed;
      if (isSameAmounts(spec.overhead, overhead)) return undefined;
      throw forbidden(
        request,
        spec.runtimeClassName
          ? "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
          : 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      );
    },
  };
}

const newPodSpec = (request: AdmissionRequest): PodSpec | undefined =>
  request.operation === 'CREATE' && isFor(request, '', 'pods')
    ? (request.object as Pod).spec
    : undefined;

function findClass(request: AdmissionRequest, spec: PodSpec, reader: ObjectReader) {
  const name = spec.runtimeClassName;
  if (!name) return undefined;
  const found = reader.get(runtimeClasses, name);
  if (!found)
    throw forbidden(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return found;
}

function giveOverhead(request: AdmissionRequest, spec: PodSpec, { overhead }: RuntimeClass): void {
  if (!overhead?.podFixed) return;
  if (spec.overhead && !isSameAmounts(spec.overhead, overhead.podFixed)) {
    throw forbidden(
      request,
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
  }
  spec.overhead = { ...overhead.podFixed };
}

function giveScheduling(request: AdmissionRequest, spec: PodSpec, { scheduling }: RuntimeClass) {
  if (!scheduling) return;
  const wanted = new Map(Object.entries(spec.nodeSelector ?? {}));
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = wanted.get(key);
    if (own !== undefined && own !== value) {
      throw forbidden(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; ` +
          `pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
    wanted.set(key, value);
  }
  if (wanted.size > 0) spec.nodeSelector = Object.fromEntries(wanted);
  if (scheduling.tolerations?.length) {
    spec.tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations);
  }
}

type Quantities = Readonly<Record<string, string>> | undefined;

const isSameAmounts = (a: Quantities, b: Quantities): boolean =>
  isDeepStrictEqual(canonical(a), canonical(b));

const canonical = (list: Quantities) =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, canonicalQuantity(text)]));
