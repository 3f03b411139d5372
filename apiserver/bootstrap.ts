/** What a cluster has from its first minute: its namespaces, its own priorities and its API as a Service. */
import { namespaces, priorityClasses, services } from '../api/resources.ts';
import type { Service } from '../api/types/core-v1.generated.ts';
import type { PriorityClass } from '../api/types/scheduling-v1.generated.ts';
import { systemPriorityClasses } from '../api/validation/priority-class.ts';
import type { Logger } from '../base/log.ts';
import { applyPolicy, keepAggregates } from './authorization/policy.ts';
import type { Machinery } from './call.ts';
import { ensure } from './ensure.ts';

export interface Bootstrap {
  readonly port: number;
  /** The first address of the service range. */
  readonly serviceAddress: string;
}

const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

/** Before anybody is answered: who may do what. May be repeated. */
export async function bootstrapPolicy(server: Machinery, log: Logger): Promise<void> {
  for (const name of systemNamespaces) {
    await ensure(server, namespaces, { metadata: { name } }, () => undefined);
  }
  for (const each of systemPriorityClasses) {
    await ensure<PriorityClass>(server, priorityClasses, each, () => undefined);
  }
  await applyPolicy(server);
  keepAggregates(server, log);
}

/** Once the port is known. May be repeated: makes what is missing, and mends what differs. */
export async function bootstrapService(server: Machinery, options: Bootstrap): Promise<void> {
  const { port, serviceAddress } = options;
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const service: Service = {
    metadata: { ...metadata, labels },
    spec: {
      clusterIP: serviceAddress,
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
    },
  };
  await ensure<Service>(server, services, service, (draft) => {
    draft.spec!.ports = service.spec!.ports!;
  });
}
