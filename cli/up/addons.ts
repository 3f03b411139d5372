/** Applies the manifests under `addons/`: creates what is absent, merges what is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { apiVersionOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { allResources } from '../../api/resources.ts';
import { hasReason } from '../../base/errors.ts';
import type { Client } from '../../client/client.ts';

export async function applyAddons(client: Client, folder: string): Promise<void> {
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  for (const file of files.sort()) {
    const documents = loadAll(readFileSync(`${folder}/${file}`, 'utf8')) as (KubeObject | null)[];
    for (const object of documents) {
      if (object) await applyObject(client, object, file);
    }
  }
}

async function applyObject(client: Client, object: KubeObject, file: string): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const resource = (allResources as readonly Resource[]).find(
    (each) => each.kind === kind && apiVersionOf(each) === apiVersion,
  );
  const name = metadata?.name;
  if (!resource || !name) {
    throw new Error(
      `${file}: ${apiVersion ?? '?'} ${kind ?? '?'} "${name ?? '?'}" cannot be applied`,
    );
  }
  const target = {
    name,
    ...(resource.namespaced && { namespace: metadata.namespace ?? 'default' }),
  };
  // As kubectl apply: look first. A create would be refused for the Service's own address before
  // anybody saw that the name is taken.
  if (await exists(client, resource, target)) {
    // Lists are replaced whole: by their merge key (`port`), DNS's two ports 53 would be one.
    await client.patch(resource, target, { type: 'merge', body: object });
  } else {
    await client.create(resource, { ...object, metadata: { ...metadata, ...target } });
  }
}

async function exists(
  client: Client,
  resource: Resource,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): Promise<boolean> {
  try {
    await client.get(resource, name, namespace);
    return true;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return false;
    throw error;
  }
}
