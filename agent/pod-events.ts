/** Events about a pod and its containers, in upstream's words. */
import type { EventType } from '../client/events.ts';
import type { AgentContext } from './context.ts';
import { ephemeralContainersOf, initContainersOf, type PodState } from './state.ts';

export interface PodEvent {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly container?: string;
}

export function tell({ recorder }: AgentContext, state: PodState, event: PodEvent): void {
  const { pod, name, namespace, uid } = state;
  const { type, reason, message, container } = event;
  const isIn = (list: readonly { readonly name: string }[]) =>
    list.some((each) => each.name === container);
  const isEphemeral = isIn(ephemeralContainersOf(pod));
  const others = isIn(initContainersOf(pod)) ? 'initContainers' : 'containers';
  const list = isEphemeral ? 'ephemeralContainers' : others;
  const about = {
    apiVersion: 'v1',
    kind: 'Pod',
    name,
    namespace,
    uid,
    ...(pod.metadata?.resourceVersion && { resourceVersion: pod.metadata.resourceVersion }),
    ...(container !== undefined && { fieldPath: `spec.${list}{${container}}` }),
  };
  recorder.event(about, type, reason, message);
}
