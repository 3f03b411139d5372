/** Where a kind has its pod. Pure. */
import { groupResourceOf, type KubeObject } from '../../../api/resource.ts';
import type { PodTemplateSpec } from '../../../api/types/core-v1.generated.ts';

interface Templated extends KubeObject {
  readonly template?: PodTemplateSpec;
  readonly spec?: {
    readonly template?: PodTemplateSpec;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } };
  };
}

const ofSpec = ({ spec }: Templated) => spec?.template;

const places: ReadonlyMap<string, (object: Templated) => PodTemplateSpec | undefined> = new Map([
  ['podtemplates', ({ template }: Templated) => template],
  ['replicationcontrollers', ofSpec],
  ['replicasets.apps', ofSpec],
  ['deployments.apps', ofSpec],
  ['statefulsets.apps', ofSpec],
  ['daemonsets.apps', ofSpec],
  ['jobs.batch', ofSpec],
  ['cronjobs.batch', ({ spec }: Templated) => spec?.jobTemplate?.spec?.template],
]);

/** Undefined for kinds that make no pods. */
export const templateOf = (
  resource: { readonly group: string; readonly plural: string },
  object: KubeObject,
): PodTemplateSpec | undefined => places.get(groupResourceOf(resource))?.(object as Templated);
