/** How an object is made, changed and ended, whichever verb asked for it. */
import { copyJson } from '../../api/own.ts';
import type { KubeObject, Resource, WriteContext } from '../../api/resource.ts';
import type { Machinery } from '../call.ts';
import { alreadyExists, contended, modified, notFound } from '../errors.ts';
import { keyOf } from '../registry/registry.ts';
import { servedAs, storedFrom, storedWriter } from '../registry/served.ts';
import { Stored, toStore } from '../registry/stored.ts';
import type { AdmissionRequest, Passage } from '../request.ts';
import { checkObject, nameMissing } from './check-object.ts';
import { keepSoundOwners, setOwners } from './field-owners.ts';
import {
  checkFinalizers,
  generateName,
  isNewGeneration,
  isUnchanged,
  keepSystemFields,
  stampNew,
} from './metadata.ts';
import { keepOthers, type Part } from './parts.ts';
import type { Writer } from './writer.ts';

export type { Part } from './parts.ts';
export { dryRunOf, type Writer } from './writer.ts';

const attemptsMax = 8;

/** `object` is a draft of the caller's own. @throws StatusError */
export async function createObject(
  server: Machinery,
  writer: Writer,
  object: KubeObject,
): Promise<Stored> {
  const { resource } = writer;
  if (resource.storedAs) {
    return createObject(server, storedWriter(writer), storedFrom(resource, object));
  }
  const metadata = object.metadata!;
  const { generateName: prefix } = metadata;
  const isGenerated = !metadata.name && prefix;
  if (!metadata.name && !prefix) throw nameMissing(resource);
  stampNew(resource, metadata, server.clock.now());
  resource.applyDefaults?.(object);
  setOwners(server, writer, { old: undefined, draft: object, part: 'object' });
  for (let attempt = 1; ; attempt++) {
    if (isGenerated) metadata.name = generateName(prefix);
    const created = await createOnce(server, writer, isGenerated ? copyJson(object) : object);
    if (created) return created;
    // Unless the object is there, it was what admission writes with it that somebody else changed.
    const isThere = server.registry.cacheOf(resource).get(keyOfDraft(resource, object));
    if (isThere && !isGenerated) throw alreadyExists(resource, metadata.name!);
    if (attempt < attemptsMax) continue;
    throw isThere ? alreadyExists(resource, metadata.name!) : contended(resource, metadata.name!);
  }
}

const keyOfDraft = (resource: Resource, { metadata }: KubeObject) =>
  keyOf(resource, metadata!.name!, metadata!.namespace);

async function createOnce(server: Machinery, writer: Writer, draft: KubeObject) {
  const { resource, dryRun } = writer;
  resource.applyDefaults?.(draft);
  const owners = draft.metadata!.managedFields;
  const passage = server.admission.start(admissionOf(writer, 'CREATE', draft));
  return settle(passage, dryRun, async () => {
    const waiting = passPlugins(passage, () => {
      keepSoundOwners(draft, owners);
      resource.prepareCreate?.(draft, contextOf(server, writer));
      checkObject(resource, draft, undefined, writer.info.subresource);
    });
    if (waiting) await waiting;
    if (server.registry.cacheOf(resource).get(keyOfDraft(resource, draft))) return undefined;
    warn(writer, draft);
    if (dryRun) return unsaved(resource, draft);
    return server.registry.put(resource, draft, 0, passage.sideWrites(false));
  });
}

const contextOf = ({ clock }: Machinery, { user, info }: Writer): WriteContext => ({
  user,
  now: clock.now(),
  subresource: info.subresource,
});

/** Says once what the kind has to say, however often the write is tried. */
function warn({ resource, warnings }: Writer, draft: KubeObject, old?: KubeObject): void {
  if (!warnings || !resource.warnings) return;
  const told = resource.warnings(draft, old);
  warnings.push(...told.filter((text) => !warnings.includes(text)));
}

/** What the resource does itself stands between the two phases. Waits only for who waits. */
export function passPlugins(passage: Passage, between: () => void): Promise<void> | undefined {
  const mutated = passage.mutate();
  if (mutated) return mutated.then(between).then(() => passage.validate());
  between();
  return passage.validate();
}

/** What admission reserved is kept when the write happened, else given back. */
export async function settle<T>(
  passage: Pick<Passage, 'commit' | 'rollback'>,
  dryRun: boolean,
  write: () => Promise<T>,
): Promise<T> {
  let isDone = false;
  try {
    const result = await write();
    isDone = Boolean(result) && !dryRun;
    return result;
  } finally {
    if (isDone) passage.commit();
    else passage.rollback();
  }
}

export interface Update {
  readonly name: string;
  readonly namespace: string;
  /** The whole object as it shall be; called again when somebody else's write came between. */
  readonly change: (current: Stored) => KubeObject;
  /** Which part of it counts: see `keepOthers`. */
  readonly part: Part;
}

/** @throws StatusError */
export async function updateObject(
  server: Machinery,
  writer: Writer,
  update: Update,
): Promise<Stored> {
  const { resource } = writer;
  if (resource.storedAs) {
    const change = (current: Stored) =>
      storedFrom(resource, update.change(servedAs(resource, current)), current);
    return updateObject(server, storedWriter(writer), { ...update, change });
  }
  await server.registry.fresh();
  for (let attempt = 1; ; attempt++) {
    const key = keyOf(resource, update.name, update.namespace);
    const current = server.registry.cacheOf(resource).get(key);
    if (!current) throw notFound(resource, update.name);
    const changed = update.change(current);
    const wanted = changed.metadata?.resourceVersion;
    // Zero and empty mean: whatever the newest is.
    const isConditional = wanted !== undefined && wanted !== '' && wanted !== '0';
    if (isConditional && wanted !== String(current.revision)) throw modified(resource, update.name);
    const stored = await updateOnce(server, writer, { current, changed, part: update.part });
    if (stored) return stored;
    if (attempt === attemptsMax) throw modified(resource, update.name);
  }
}

interface Step {
  readonly current: Stored;
  readonly changed: KubeObject;
  readonly part: Part;
}

async function updateOnce(server: Machinery, writer: Writer, { current, changed, part }: Step) {
  const { resource, dryRun } = writer;
  const old = current.object;
  const draft = keepOthers(resource, changed, { old, part });
  keepSystemFields(writer, draft, old);
  resource.applyDefaults?.(draft);
  setOwners(server, writer, { old, draft, part });
  const owners = draft.metadata!.managedFields;
  const passage = server.admission.start(admissionOf(writer, 'UPDATE', draft, old));
  return settle(passage, dryRun, async () => {
    const waiting = passPlugins(passage, () => {
      keepSoundOwners(draft, owners);
      resource.prepareUpdate?.(draft, old, contextOf(server, writer));
      checkFinalizers(resource, draft, old);
      checkObject(resource, draft, old, writer.info.subresource);
    });
    if (waiting) await waiting;
    if (isNewGeneration(resource, draft, old)) {
      draft.metadata!.generation = (old.metadata!.generation ?? 0) + 1;
    }
    warn(writer, draft, old);
    // A write that changes nothing wakes no watcher.
    if (isUnchanged(draft, old) && !isFinished(draft)) return current;
    if (dryRun) return unsaved(resource, draft);
    const isGone = isFinished(draft);
    const beside = passage.sideWrites(isGone);
    if (!isGone) return server.registry.put(resource, draft, current.revision, beside);
    const isRemoved = await server.registry.remove(resource, current, beside);
    return isRemoved ? unsaved(resource, draft) : undefined;
  });
}

/** Whether nothing holds a deleted object any more. */
export function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata!;
  if (!deletionTimestamp || deletionGracePeriodSeconds) return false;
  const { spec } = object as { spec?: { finalizers?: unknown } };
  const isNamespace = object.kind === 'Namespace' && object.apiVersion === 'v1';
  const held = isNamespace && Array.isArray(spec?.finalizers) ? spec.finalizers.length : 0;
  return (finalizers ?? []).length + held === 0;
}

/** What a dry run answers with: an object that the store never saw. */
export function unsaved(resource: Resource, draft: KubeObject): Stored {
  const { name = '', namespace, resourceVersion } = draft.metadata!;
  const raw = toStore(resource, draft);
  const bytes = resourceVersion ? Buffer.from(JSON.stringify(draft)) : raw;
  return new Stored(keyOf(resource, name, namespace), 0, bytes, draft);
}

export const admissionOf = (
  { resource, info, user, dryRun, warnings = [] }: Writer,
  operation: AdmissionRequest['operation'],
  object: KubeObject | undefined,
  old?: KubeObject,
): AdmissionRequest => ({ operation, resource, info, user, object, old, dryRun, warnings });
