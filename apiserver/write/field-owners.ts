/** Who owns the fields of an object once it is written: api/apply knows, here is who asks it. */
import { parseOwners } from '../../api/apply/owners.ts';
import { freeShape, type MapShape, rootShape, shapeOfObject } from '../../api/apply/shape.ts';
import { type Tracking, trackWrite, type Version } from '../../api/apply/track.ts';
import { apiVersionOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { typeOfKind } from '../../api/schema.ts';
import { toTime } from '../../base/clock.ts';
import type { Machinery } from '../call.ts';
import type { Part } from './parts.ts';
import { managerOf, type Writer } from './writer.ts';

/** A write in the words of api/apply, in the version that was asked for. */
export function trackingOf(server: Machinery, writer: Writer, part: Part): Tracking {
  const resource = writer.served ?? writer.resource;
  return {
    version: { apiVersion: apiVersionOf(resource), shape: shapeOf(resource) },
    versionOf: (apiVersion) => versionOf(server, resource, apiVersion),
    manager: managerOf(writer),
    subresource: writer.info.subresource,
    time: toTime(server.clock.now()),
    skipped: skippedBy(resource, part),
  };
}

const unknownShape = rootShape(freeShape);
const shapes = new WeakMap<Resource, MapShape>();

function shapeOf(resource: Resource): MapShape {
  const known = resource.shape ?? shapes.get(resource);
  if (known) return known;
  const type = typeOfKind(resource);
  const shape = type ? shapeOfObject(type) : unknownShape;
  shapes.set(resource, shape);
  return shape;
}

function versionOf(server: Machinery, from: Resource, apiVersion: string): Version | undefined {
  const versions = server.registry.versionsOf(from);
  const other = versions.find((each) => apiVersionOf(each) === apiVersion);
  return (
    other && {
      apiVersion,
      shape: shapeOf(other),
      read: (object) => fromStored(other, toStored(from, object)),
      write: (object) => fromStored(from, toStored(other, object)),
    }
  );
}

const toStored = ({ storedAs }: Resource, object: KubeObject) => storedAs?.to(object) ?? object;
const fromStored = ({ storedAs }: Resource, object: KubeObject) => storedAs?.from(object) ?? object;

/** What an endpoint does not write has no owner through it. */
function skippedBy({ hasStatus }: Resource, part: Part): readonly string[] {
  if (part === 'status') return ['spec'];
  return hasStatus && part !== 'whole' ? ['status'] : [];
}

/** What a plugin wrote over the owners counts only if it can be read. Changes the draft. */
export function keepSoundOwners(draft: KubeObject, owners: ReturnType<typeof trackWrite>): void {
  const given = draft.metadata?.managedFields;
  if (given !== owners && !parseOwners(given ?? [])) putOwners(draft, owners);
}

/** Both as they are stored; the draft has what the client said of managedFields. */
export interface Written {
  readonly old: KubeObject | undefined;
  readonly draft: KubeObject;
  readonly part: Part;
}

/** Changes the draft: its managedFields say who owns it once it is written. */
export function setOwners(server: Machinery, writer: Writer, { old, draft, part }: Written): void {
  if (writer.isApply) return;
  const { served } = writer;
  const [before, after] = served
    ? [old && fromStored(served, old), fromStored(served, draft)]
    : [old, draft];
  putOwners(draft, trackWrite(trackingOf(server, writer, part), { before, after }));
}

export function putOwners(draft: KubeObject, owners: ReturnType<typeof trackWrite>): void {
  const metadata = draft.metadata!;
  if (owners) metadata.managedFields = owners;
  else delete metadata.managedFields;
}
