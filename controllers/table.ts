/** All controllers. A new one is one folder and one line here. */
import { certificateApprover, certificateCleaner, certificateSigner } from './certificates/main.ts';
import type { Controller } from './controller.ts';
import { cronJobController } from './cronjob/main.ts';
import { daemonSetController } from './daemonset/main.ts';
import { deploymentController } from './deployment/main.ts';
import { disruptionController } from './disruption/main.ts';
import { endpointsController } from './endpoints/main.ts';
import { endpointSliceController } from './endpointslice/main.ts';
import { garbageCollector } from './garbage-collector/main.ts';
import { autoscalerController } from './horizontal-pod-autoscaler/main.ts';
import { jobController } from './job/main.ts';
import { namespaceController } from './namespace/main.ts';
import { nodeIpamController } from './node-ipam/main.ts';
import { nodeLifecycleController } from './node-lifecycle/main.ts';
import { podGcController } from './pod-gc/main.ts';
import { replicaSetController } from './replicaset/main.ts';
import { replicationController } from './replication-controller/main.ts';
import { resourceQuotaController } from './resource-quota/main.ts';
import { rootCaController } from './root-ca/main.ts';
import { serviceLbController } from './service-lb/main.ts';
import { serviceAccountController } from './serviceaccount/main.ts';
import { statefulSetController } from './statefulset/main.ts';
import { tokenCleaner } from './token-cleaner/main.ts';
import { ttlAfterFinishedController } from './ttl-after-finished/main.ts';
import { claimProtection, volumeProtection } from './volume-protection/main.ts';

export const controllers: readonly Controller[] = [
  deploymentController,
  replicaSetController,
  replicationController,
  statefulSetController,
  daemonSetController,
  jobController,
  cronJobController,
  ttlAfterFinishedController,
  podGcController,
  resourceQuotaController,
  autoscalerController,
  certificateApprover,
  certificateSigner,
  certificateCleaner,
  tokenCleaner,
  endpointsController,
  endpointSliceController,
  namespaceController,
  garbageCollector,
  nodeLifecycleController,
  nodeIpamController,
  serviceAccountController,
  rootCaController,
  disruptionController,
  claimProtection,
  volumeProtection,
  serviceLbController,
];

/**
 * `*`: all; `name`: this one; `-name`: not this one. The first word that fits decides.
 * @throws Error that names the words that fit nothing
 */
export function selectControllers(words: readonly string[]): readonly Controller[] {
  const names = controllers.map(({ name }) => name);
  const wrong = words.filter((word) => word !== '*' && !names.includes(word.replace(/^-/, '')));
  if (wrong.length > 0) throw new Error(`no such controller: ${wrong.join(', ')}`);
  return controllers.filter(({ name }) => {
    const word = words.find((each) => each === name || each === `-${name}`);
    return word === undefined ? words.includes('*') : word === name;
  });
}
