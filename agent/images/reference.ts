/**
 * Image names as people write them and as we store them: `busybox` is
 * `docker.io/library/busybox:latest`. Grammar: the OCI distribution specification.
 */

export interface Reference {
  readonly repository: string; // With its registry: docker.io/library/busybox.
  readonly tag?: string;
  readonly digest?: string; // sha256:…
}

/** Undefined when the text is no image name (upstream's InvalidImageName). */
export function parseReference(text: string): Reference | undefined {
  // Bounded first: the expressions below are linear, but the text may come from anyone.
  if (text.length > 512) return undefined;
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !digestShape.test(digest))) return undefined;
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const path = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagShape.test(tag)) return undefined;
  const repository = withRegistry(path);
  const [registry, ...parts] = repository.split('/');
  if (!registryShape.test(registry!) || parts.length === 0) return undefined;
  if (!parts.every((part) => partShape.test(part))) return undefined;
  if (digest !== undefined) return { repository, digest, ...(tag !== undefined && { tag }) };
  return { repository, tag: tag ?? 'latest' };
}

/** The name under which an image is stored and found. */
export function formatReference({ repository, tag, digest }: Reference): string {
  return `${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}

/** `Always` for `:latest`, else `IfNotPresent`, as upstream defaults it. */
export function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const reference = parseReference(image);
  return reference?.tag === 'latest' && !reference.digest ? 'Always' : 'IfNotPresent';
}

function withRegistry(path: string): string {
  const slash = path.indexOf('/');
  const first = slash === -1 ? '' : path.slice(0, slash);
  if (first === 'localhost' || /[.:]/.test(first)) return path;
  return `docker.io/${slash === -1 ? 'library/' : ''}${path}`;
}

const digestShape = /^sha256:[0-9a-f]{64}$/;
const tagShape = /^\w[\w.-]{0,127}$/;
const registryShape = /^[A-Za-z0-9.-]+(:\d{1,5})?$/;
const partShape = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;
