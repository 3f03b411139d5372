/** Fetches the ConfigMaps and Secrets that a pod names, once for each start that needs them. */

import type { KubeObject, Resource } from '../api/resource.ts';
import { configMaps, secrets } from '../api/resources.ts';
import type { ConfigMap, Container, Secret, Volume } from '../api/types/core-v1.generated.ts';
import { hasReason } from '../base/errors.ts';
import type { Client } from '../client/client.ts';

/** By name; what does not exist is absent, and whether that matters is the planner's to say. */
export interface Sources {
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
  readonly secrets: ReadonlyMap<string, Secret>;
}

interface Names {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

export function namesInEnv({ env = [], envFrom = [] }: Container): Names {
  return namesOf([
    ...envFrom.map(({ configMapRef, secretRef }) => [configMapRef?.name, secretRef?.name]),
    ...env.map(({ valueFrom }) => [
      valueFrom?.configMapKeyRef?.name,
      valueFrom?.secretKeyRef?.name,
    ]),
  ]);
}

export function namesInVolume({ configMap, secret, projected }: Volume): Names {
  return namesOf([
    [configMap?.name, secret?.secretName],
    ...(projected?.sources ?? []).map((each) => [each.configMap?.name, each.secret?.name]),
  ]);
}

export async function fetchSources(client: Client, namespace: string, names: Names) {
  const [maps, hidden] = await Promise.all([
    fetchAll(client, configMaps, namespace, names.configMaps),
    fetchAll(client, secrets, namespace, names.secrets),
  ]);
  return { configMaps: maps, secrets: hidden } satisfies Sources;
}

async function fetchAll<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  namespace: string,
  names: ReadonlySet<string>,
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  const fetchOne = async (name: string) => {
    try {
      found.set(name, await client.get(resource, name, namespace));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  };
  await Promise.all([...names].map(fetchOne));
  return found;
}

function namesOf(pairs: readonly (readonly (string | undefined)[])[]): Names {
  const column = (index: number) =>
    new Set(pairs.map((pair) => pair[index]).filter((name) => name !== undefined && name !== ''));
  return { configMaps: column(0) as Set<string>, secrets: column(1) as Set<string> };
}
