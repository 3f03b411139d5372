/** A pod's priority is what its class says; nobody chooses the number. */
import { priorityClasses } from '../../api/resources/priority-class.ts';
import type { Pod, PodSpec } from '../../api/types/core-v1.generated.ts';
import type { PriorityClass } from '../../api/types/scheduling-v1.generated.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../request.ts';
import { forbidden, isFor } from './refusal.ts';

const fallback = { value: 0, preemptionPolicy: 'PreemptLowerPriority' } as const;

export function createPriority({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'Priority',
    mutate(request) {
      const { spec } = (request.object ?? {}) as Pod;
      if (!spec || !isFor(request, '', 'pods')) return undefined;
      if (request.operation === 'CREATE') givePriority(request, spec, reader);
      else keepPriority(spec, (request.old as Pod | undefined)?.spec);
      return undefined;
    },
    validate(request) {
      if (!request.object || !isFor(request, 'scheduling.k8s.io', 'priorityclasses')) {
        return undefined;
      }
      const { globalDefault, metadata } = request.object as PriorityClass;
      const before = globalDefault ? findDefault(reader) : undefined;
      if (!before || (request.old && before.metadata?.name === metadata?.name)) return undefined;
      const name = before.metadata?.name;
      const rule = 'Only one default can exist';
      throw forbidden(request, `PriorityClass ${name} is already marked as default. ${rule}`);
    },
  };
}

function givePriority(request: AdmissionRequest, spec: PodSpec, reader: ObjectReader): void {
  const byDefault = spec.priorityClassName ? undefined : findDefault(reader);
  if (byDefault) spec.priorityClassName = byDefault.metadata!.name!;
  const name = spec.priorityClassName;
  const found = byDefault ?? (name ? reader.get(priorityClasses, name) : fallback);
  if (!found) throw forbidden(request, `no PriorityClass with name ${name} was found`);
  const { value = 0, preemptionPolicy = fallback.preemptionPolicy } = found;
  const told = 'from the given PriorityClass name';
  if (spec.priority !== undefined && spec.priority !== value) {
    throw forbidden(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; ` +
        `priority admission controller computed ${value} ${told}`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    throw forbidden(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided ` +
        `in pod spec; priority admission controller computed ${preemptionPolicy} ${told}`,
    );
  }
  spec.priority = value;
  spec.preemptionPolicy = preemptionPolicy;
}

/** Clients that do not know the fields send the pod back without them. */
function keepPriority(spec: PodSpec, old: PodSpec | undefined): void {
  if (old?.priority !== undefined) spec.priority ??= old.priority;
  if (old?.preemptionPolicy !== undefined) spec.preemptionPolicy ??= old.preemptionPolicy;
}

/** The lowest, should a race have let two through. */
function findDefault(reader: ObjectReader): PriorityClass | undefined {
  return reader
    .list(priorityClasses)
    .filter(({ globalDefault }) => globalDefault)
    .sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}
