import { applyPatch, patchKindOf, patchMediaTypes } from '../../api/patch/patch.ts';
import { typeOfKind } from '../../api/schema.ts';
import { StatusError } from '../../base/errors.ts';
import type { Verb } from '../call.ts';
import { decodeBody, readBytes } from '../http/body.ts';
import { sendObject } from '../http/object-answer.ts';
import { applyBody } from '../write/apply-object.ts';
import { decodeFor } from '../write/decode.ts';
import { type Part, updateObject } from '../write/store-object.ts';
import { writerOf } from '../write/writer.ts';

/** All kinds of patch to one part of an object. */
export const patchPart =
  (part: Part): Verb =>
  async (call, server) => {
    const { resource, info } = call;
    const { kind, body } = await readPatch(call);
    if (kind === 'apply') {
      const { stored, isNew } = await applyBody(call, server, { body, part });
      return sendObject(call, isNew ? 201 : 200, stored, server.clock.now());
    }
    const writer = writerOf(call);
    const { name, namespace } = info;
    const told = call.warnings.length;
    const change = (current: { readonly object: object }) => {
      const value = applyPatch(kind, body.value, current.object, typeOfKind(resource));
      call.warnings.length = told; // A second attempt says the same again.
      return decodeFor(call, resource, { value });
    };
    const stored = await updateObject(server, writer, { name, namespace, change, part });
    await sendObject(call, 200, stored, server.clock.now());
  };

export const patch = patchPart('object');
export const patchStatus = patchPart('status');

/** @throws StatusError UnsupportedMediaType, BadRequest */
export async function readPatch({ request }: Parameters<Verb>[0]) {
  const type = request.headers['content-type'] ?? '';
  const kind = patchKindOf(type);
  if (!kind) {
    const known = Object.values(patchMediaTypes).join(', ');
    throw new StatusError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${known}`,
    );
  }
  return { kind, body: decodeBody(await readBytes(request), type) };
}
