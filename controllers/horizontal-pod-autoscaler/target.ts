/** What an autoscaler scales: any kind that says where its replicas are. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { allResources } from '../../api/resources.ts';
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling-v2.generated.ts';
import type { LabelSelector } from '../../api/types/meta-v1.generated.ts';
import type { Client } from '../../client/client.ts';
import { selectorText } from './metrics.ts';

export interface Target {
  readonly resource: Resource;
  readonly name: string;
  readonly namespace: string;
  readonly replicas: number;
  /** As text; empty: it has none. */
  readonly selector: string;
}

/** @throws Error for a kind without a scale; StatusError where it cannot be read */
export async function readTarget(
  client: Client,
  { metadata, spec }: HorizontalPodAutoscaler,
): Promise<Target> {
  const { kind, name, apiVersion = 'v1' } = spec.scaleTargetRef;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const resource = allResources.find((each) => each.kind === kind && each.group === group);
  if (!resource?.scale) {
    throw new Error(
      `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`,
    );
  }
  const namespace = metadata?.namespace ?? '';
  const object = await client.get(resource, name, namespace);
  const { replicas = 1, selector } = (object as Scaled).spec ?? {};
  return { resource, name, namespace, replicas, selector: textOf(selector) };
}

type Scaled = KubeObject & {
  readonly spec?: { readonly replicas?: number; readonly selector?: LabelSelector };
};

/** ReplicationControllers have plain labels where the others have a selector. */
function textOf(selector: LabelSelector | undefined): string {
  if (!selector) return '';
  const isPlain = !('matchLabels' in selector) && !('matchExpressions' in selector);
  return selectorText(isPlain ? { matchLabels: selector as Record<string, string> } : selector);
}

export async function writeReplicas(
  client: Client,
  { resource, name, namespace }: Target,
  replicas: number,
): Promise<void> {
  const patch = { type: 'merge', body: { spec: { replicas } } } as const;
  await client.patch(resource, { name, namespace }, patch, { subresource: 'scale' });
}
