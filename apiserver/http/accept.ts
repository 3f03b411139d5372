/** What form of answer a client wants. */
import { StatusError } from '../../base/errors.ts';

/** `table` and `metadata` are the forms that kubectl and metadata informers ask for. */
export interface Format {
  readonly encoding: 'json' | 'yaml';
  readonly as: 'object' | 'table' | 'metadata';
}

const plain: Format = { encoding: 'json', as: 'object' };
const known = new Map<string, Format>();

/**
 * The first form of an Accept header that we can give; protobuf is passed over.
 * @throws StatusError NotAcceptable
 */
export function formatOf(accept: string | undefined): Format {
  if (!accept) return plain;
  const cached = known.get(accept);
  if (cached) return cached;
  for (const media of mediaTypes(accept)) {
    const format = formatOfMedia(media);
    if (!format) continue;
    if (known.size < 1000) known.set(accept, format);
    return format;
  }
  throw notAcceptable();
}

export const notAcceptable = (): StatusError =>
  new StatusError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml',
  );

export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** In the client's order, the most wanted first. */
export function mediaTypes(accept: string): MediaType[] {
  const all = accept.split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const pairs = rest.map((part) => part.split('=', 2) as [string, string]);
    return { type: type.toLowerCase(), parameters: new Map(pairs) };
  });
  const weight = ({ parameters }: MediaType) => Number(parameters.get('q') ?? 1);
  return all.filter((each) => weight(each) > 0).sort((a, b) => weight(b) - weight(a));
}

function formatOfMedia({ type, parameters }: MediaType): Format | undefined {
  const encoding = encodings.get(type);
  if (!encoding) return undefined;
  const as = parameters.get('as');
  if (as === undefined) return { encoding, as: 'object' };
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  if (as === 'Table') return { encoding, as: 'table' };
  const isMetadata = as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
  return isMetadata ? { encoding, as: 'metadata' } : undefined;
}

const encodings = new Map<string, 'json' | 'yaml'>([
  ['application/json', 'json'],
  ['application/*', 'json'],
  ['*/*', 'json'],
  ['application/yaml', 'yaml'],
]);
