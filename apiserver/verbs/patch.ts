import { applyPatch, patchKindOf, patchMediaTypes } from '../../api/patch/patch.ts';
import { typeOfKind } from '../../api/schema.ts';
import { StatusError } from '../../base/errors.ts';
import type { Verb } from '../call.ts';
import { decodeBody, readBytes } from '../http/body.ts';
import { sendObject } from '../http/object-answer.ts';
import { decodeFor } from '../write/decode.ts';
import { dryRunOf, type Part, updateObject } from '../write/store-object.ts';

const patchPart =
  (part: Part): Verb =>
  async (call, server) => {
    const { resource, info, user, warnings } = call;
    const { kind, body } = await readPatch(call);
    const dryRun = dryRunOf(info.query.getAll('dryRun'));
    const { name, namespace } = info;
    const writer = { resource, info, user, dryRun, warnings };
    const change = (current: { readonly object: object }) => {
      const value = applyPatch(kind, body, current.object, typeOfKind(resource));
      call.warnings.length = 0; // A second attempt says the same again.
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
  const { value } = decodeBody(await readBytes(request), type);
  return { kind, body: value };
}
