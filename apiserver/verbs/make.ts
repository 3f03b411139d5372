/** A POST that is answered with what it makes, which is kept nowhere: tokens, reviews. */
import type { Resource } from '../../api/resource.ts';
import type { Call, Machinery, Maker } from '../call.ts';
import { sendValue } from '../http/object-answer.ts';
import type { Route } from '../router.ts';
import { decodeFor, readBody } from '../write/decode.ts';
import { admissionOf, dryRunOf, passPlugins, settle } from '../write/store-object.ts';

/** A plugin may refuse it all the same: a node another node's token. */
export async function serveMaker(
  call: Call,
  { admission }: Machinery,
  { make, route }: { readonly make: Maker; readonly route: Route },
): Promise<void> {
  const { info, user, resource, warnings } = call;
  const object = decodeFor(call, bodyOf(route), await readBody(call));
  const dryRun = dryRunOf(info.query.getAll('dryRun'));
  const writer = { resource, info, user, dryRun, warnings };
  const passage = admission.start(admissionOf(writer, 'CREATE', object));
  await settle(passage, dryRun, async () => {
    await passPlugins(passage, () => {});
    const made = await make({ info, user, object, warn: (text) => warnings.push(text) });
    await sendValue(call, 201, made);
    return made;
  });
}

/** What the body is: of a subresource its own kind. */
function bodyOf({ resource, subresource }: Route): Resource {
  if (!subresource) return resource;
  const { group = resource.group, version = resource.version, kind } = subresource;
  return { ...resource, group, version, kind };
}
