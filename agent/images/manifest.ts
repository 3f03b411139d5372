/** Finds the images in an archive: their names, config and layers. Formats: OCI layout, docker. */
import type { Archive } from './archive.ts';

export interface FoundImage {
  readonly names: readonly string[];
  readonly configFile: string;
  readonly configDigest?: string;
  readonly layers: readonly { readonly file: string; readonly digest?: string }[]; // Lowest first.
}

/** At least one image, or an Error. */
export async function findImages(archive: Archive): Promise<FoundImage[]> {
  // Newer docker archives are OCI layouts too; their manifest.json has the full names.
  const images = (await archive.has('manifest.json'))
    ? await findDocker(archive)
    : await findOci(archive);
  if (images.length === 0) throw new Error('there is no image for this machine in it');
  return images;
}

async function findDocker(archive: Archive): Promise<FoundImage[]> {
  const manifests = await readJson<DockerManifest[]>(archive, 'manifest.json');
  return manifests.map(({ Config, RepoTags, Layers }) => ({
    names: RepoTags ?? [],
    configFile: Config,
    layers: Layers.map((file) => ({ file })),
  }));
}

async function findOci(archive: Archive): Promise<FoundImage[]> {
  const found: FoundImage[] = [];
  const index = await readJson<OciIndex>(archive, 'index.json');
  const visit = async (entry: Descriptor, names: readonly string[], depth: number) => {
    if (depth > depthMax) throw new Error('its indexes are nested too deeply');
    if (!isForThisMachine(entry)) return;
    const document = await readJson<OciIndex & OciManifest>(archive, blobOf(entry.digest));
    // A document that is both could show one image to a checker and another to us.
    if (document.manifests && document.layers) throw new Error('a manifest is also an index');
    if (document.manifests) {
      for (const child of document.manifests) await visit(child, names, depth + 1);
    } else found.push(imageOf(document, names));
  };
  for (const entry of index.manifests ?? []) await visit(entry, namesOf(entry), 0);
  return found;
}

function imageOf({ config, layers }: OciManifest, names: readonly string[]): FoundImage {
  if (!config || !layers) throw new Error('a manifest without config or layers');
  return {
    names,
    configFile: blobOf(config.digest),
    configDigest: config.digest,
    layers: layers.map(({ digest }) => ({ file: blobOf(digest), digest })),
  };
}

/** containerd's annotation has the full name, OCI's own often only the tag: no name by itself. */
function namesOf({ annotations }: Descriptor): string[] {
  const full = annotations?.['io.containerd.image.name'];
  const short = annotations?.['org.opencontainers.image.ref.name'];
  if (full) return [full];
  return short && /[/:]/.test(short) ? [short] : [];
}

function isForThisMachine({ platform }: Descriptor): boolean {
  if (!platform) return true;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  return platform.os === 'linux' && platform.architecture === architecture;
}

function blobOf(digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error('a digest is not sha256');
  return `blobs/${digest.replace(':', '/')}`;
}

async function readJson<T>(archive: Archive, name: string): Promise<T> {
  const bytes = await archive.read(name);
  try {
    return JSON.parse(bytes.toString()) as T;
  } catch (cause) {
    throw new Error(`${name} is no JSON`, { cause });
  }
}

interface DockerManifest {
  readonly Config: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers: readonly string[];
}

interface Descriptor {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

interface OciIndex {
  readonly manifests?: readonly Descriptor[];
}

interface OciManifest {
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

const depthMax = 4;
