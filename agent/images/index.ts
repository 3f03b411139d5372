/** The image store's face, for the agent and for the CLI's `image` commands. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listImages, removeTag, storePathsOf } from './store.ts';

export { type BuildOptions, buildImage, type ImageFile } from './build.ts';
export { type Imported, type ImportOptions, importImage } from './import.ts';
export { defaultPullPolicy, parseReference } from './reference.ts';
export {
  findImage,
  type ImageConfig,
  type ImageRecord,
  listImages,
  lowerDirsOf,
} from './store.ts';

/**
 * Removes a name, and the layers that neither another name nor a container needs.
 * @returns false when there was no such image.
 */
export async function removeImage(root: string, name: string): Promise<boolean> {
  const wasThere = await removeTag(root, name);
  if (wasThere) await removeUnusedLayers(root);
  return wasThere;
}

/** A container notes its layers in `<root>/containers/<id>/layers` before it mounts them. */
export const layersFile = 'layers';

async function removeUnusedLayers(root: string): Promise<void> {
  const paths = storePathsOf(root);
  const images = await listImages(root);
  const used = new Set(images.flatMap(({ layers }) => layers));
  const blobs = new Set(images.map(({ id }) => id.slice('sha256:'.length)));
  const containers = join(root, 'containers');
  for (const id of await readdir(containers).catch(() => [])) {
    const text = await readFile(join(containers, id, layersFile), 'utf8').catch(() => '');
    for (const layer of text.split('\n')) used.add(layer);
  }
  for (const layer of await readdir(paths.layers)) {
    if (!used.has(layer)) await rm(join(paths.layers, layer), { recursive: true, force: true });
  }
  for (const blob of await readdir(paths.blobs)) {
    if (!blobs.has(blob)) await rm(join(paths.blobs, blob), { force: true });
  }
}
