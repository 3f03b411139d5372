import { mergeLabelKeys } from '../defaults/label-keys.ts';
import { defaultPod } from '../defaults/pod.ts';
import type { Resource } from '../resource.ts';
import type { Pod, PodStatus } from '../types/core-v1.generated.ts';
import { validatePod } from '../validation/pod.ts';
import { validateEphemeralContainersUpdate } from '../validation/pod-ephemeral.ts';
import { validateResize } from '../validation/pod-resize.ts';
import { podColumns } from './pod-columns.ts';
import { podQosClass } from './pod-qos.ts';
import { nameWarnings, podWarnings } from './pod-warnings.ts';
import { allVerbs, proxyOf, statusOf } from './verbs.ts';

export const pods: Resource<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'ephemeralcontainers', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    proxyOf('Pod'),
    { name: 'resize', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    statusOf('Pod'),
  ],
  hasStatus: true,
  columns: podColumns,
  fields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  graceSeconds: ({ spec, status }) => {
    // Nobody runs it, or nothing of it runs: there is nothing to wait for.
    const isOver = status?.phase === 'Failed' || status?.phase === 'Succeeded';
    return !spec?.nodeName || isOver ? 0 : (spec.terminationGracePeriodSeconds ?? 30);
  },
  applyDefaults: defaultPod,
  validate: (draft, old, subresource) => {
    if (old && subresource === 'resize') return validateResize(draft, old);
    if (old && subresource === 'ephemeralcontainers') {
      return validateEphemeralContainersUpdate(draft, old);
    }
    return validatePod(draft, old);
  },
  warnings: (pod, old) =>
    old ? [] : [...nameWarnings(pod.metadata, "the Pod's hostname"), ...podWarnings(pod, '')],
  prepareCreate: (draft) => {
    mergeLabelKeys(draft);
    draft.status = { phase: 'Pending', qosClass: podQosClass(draft.spec) };
    if (draft.spec?.schedulingGates?.length) {
      draft.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
        },
      ];
    }
  },
  prepareUpdate: (draft, old) => {
    if (!draft.status) return;
    const { qosClass } = old.status ?? {};
    if (qosClass) draft.status.qosClass ??= qosClass;
    copyAddress(draft.status);
  },
};

/** Two fields name the address: who knows only one of them still finds it. */
function copyAddress(status: PodStatus): void {
  if (status.podIP && !status.podIPs?.length) status.podIPs = [{ ip: status.podIP }];
  else if (status.podIPs?.[0]?.ip) status.podIP = status.podIPs[0].ip;
}
