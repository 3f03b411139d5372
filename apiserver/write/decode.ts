/** From a request's body to an object of the resource, as strictly as the client asked. */
import { apiVersionOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { typeOfKind } from '../../api/schema.ts';
import { unsupportedValue } from '../../api/validation/cause.ts';
import { decodeObject } from '../../api/validation/decode.ts';
import { StatusError } from '../../base/errors.ts';
import type { Call } from '../call.ts';
import { badRequest, invalidOptions } from '../errors.ts';
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
export function decodeFor(call: Call, resource: Resource, body: Body): KubeObject {
  const { namespace, name } = call.info;
  const object = asObject(resource, body.value, { namespace, name });
  const mode = call.info.query.get('fieldValidation') || 'Warn';
  if (!modes.includes(mode)) throw unknownMode(call, mode);
  const type = typeOfKind(resource);
  const unknown = type ? decodeObject(type, object).unknownFields : [];
  if (mode === 'Ignore') return object;
  const problems = body.problems?.(unknown) ?? unknown.map((path) => `unknown field "${path}"`);
  if (problems.length === 0) return object;
  if (mode === 'Strict') throw strictError(call, resource, strictText(body, problems));
  call.warnings.push(...problems);
  return object;
}

const modes = ['Ignore', 'Strict', 'Warn'];

/** Upstream's YAML reader says all that it found as one problem of several lines. */
function strictText({ isYaml = false }: Body, problems: readonly string[]): string {
  const isLine = (text: string) => isYaml && text.startsWith('line ');
  const lines = problems.filter(isLine).map((line) => `\n  ${line}`);
  const others = problems.filter((text) => !isLine(text));
  const yaml = lines.length > 0 ? [`yaml: unmarshal errors:${lines.join('')}`] : [];
  return `strict decoding error: ${[...yaml, ...others].join(', ')}`;
}

function strictError({ info }: Call, resource: Resource, why: string): StatusError {
  if (info.verb === 'patch') {
    const causes = [
      { reason: 'FieldValueInvalid', message: `Invalid value: ${why}`, field: 'patch' },
    ];
    const message = ` "" is invalid: patch: Invalid value: ${why}`;
    return new StatusError('Invalid', message, { details: { causes } });
  }
  const { kind } = resource;
  const version = JSON.stringify(apiVersionOf(resource));
  return badRequest(`${kind} in version ${version} cannot be handled as a ${kind}: ${why}`);
}

function unknownMode({ info }: Call, mode: string): StatusError {
  const kind = `${{ create: 'Create', patch: 'Patch' }[info.verb] ?? 'Update'}Options`;
  const cause = unsupportedValue('fieldValidation', mode, ['', ...modes]);
  return invalidOptions(kind, [cause]);
}
