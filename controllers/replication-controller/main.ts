/** The elder of ReplicaSet: seen as one, it needs nothing of its own. */
import { pods, replicationControllers } from '../../api/resources.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import type { ReplicationController } from '../../api/types/core-v1.generated.ts';
import { type Controller, watching } from '../controller.ts';
import { startReplicas } from '../replicaset/replicas.ts';

export const replicationController: Controller = {
  name: 'replicationcontroller-controller',
  watches: watching(replicationControllers, pods),
  start: (context) =>
    startReplicas(context, {
      resource: replicationControllers,
      view: asReplicaSet,
      withStatus: (controller, { terminatingReplicas: _, ...status }) => ({
        ...controller,
        status,
      }),
      countsTerminating: false,
    }),
};

/** Its selector is labels only, and its status has no field for pods that are ending. */
export function asReplicaSet({ spec, status, ...rest }: ReplicationController): ReplicaSet {
  const { selector = {}, ...others } = spec ?? {};
  return {
    ...rest,
    ...(spec && { spec: { ...others, selector: { matchLabels: selector } } }),
    ...(status && { status }),
  };
}
