/** From a request's body to an object of the resource, as strictly as the client asked. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { typeOfKind } from '../../api/schema.ts';
import { decodeObject } from '../../api/validation/decode.ts';
import type { Call } from '../call.ts';
import { badRequest } from '../errors.ts';
import { type Body, decodeBody, readBytes } from '../http/body.ts';
import { asObject } from './metadata.ts';

/** @throws StatusError */
export async function readBody({ request }: Call): Promise<Body> {
  return decodeBody(await readBytes(request), request.headers['content-type'] ?? '');
}

/**
 * The object of a create or update, with unknown fields taken out, reported or refused.
 * Changes the value.
 * @throws StatusError BadRequest
 */
export function decodeFor(call: Call, resource: Resource, { value, duplicates }: Body): KubeObject {
  const { namespace, name } = call.info;
  const object = asObject(resource, value, { namespace, name });
  const mode = call.info.query.get('fieldValidation') || 'Warn';
  if (!modes.has(mode)) throw badRequest(`invalid fieldValidation ${mode}`);
  const type = typeOfKind(resource);
  const unknown = type ? decodeObject(type, object).unknownFields : [];
  if (mode === 'Ignore') return object;
  const problems = [
    ...unknown.map((path) => `unknown field "${path}"`),
    ...duplicates().map((path) => `duplicate field "${path}"`),
  ];
  if (problems.length === 0) return object;
  if (mode === 'Strict') throw badRequest(`strict decoding error: ${problems.join(', ')}`);
  call.warnings.push(...problems);
  return object;
}

const modes = new Set(['Ignore', 'Warn', 'Strict']);
