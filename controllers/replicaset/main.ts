/** As many pods of one template as wanted. */
import { pods, replicaSets } from '../../api/resources.ts';
import { type Controller, watching } from '../controller.ts';
import { startReplicas } from './replicas.ts';

export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  watches: watching(replicaSets, pods),
  start: (context) =>
    startReplicas(context, {
      resource: replicaSets,
      view: (replicaSet) => replicaSet,
      withStatus: (replicaSet, status) => ({ ...replicaSet, status }),
      countsTerminating: true,
    }),
};
