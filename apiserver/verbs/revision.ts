import { badRequest } from '../errors.ts';

/** Undefined when unset. @throws StatusError BadRequest */
export function revisionParameter(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion');
  if (text === null || text === '') return undefined;
  const revision = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(revision)) {
    throw badRequest(`invalid resource version ${JSON.stringify(text)}`);
  }
  return revision;
}

/** A whole number of a query; undefined when unset. @throws StatusError BadRequest */
export function numberParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`invalid ${name} ${JSON.stringify(text)}`);
  return Number(text);
}
