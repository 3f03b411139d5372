/** Objects, configurations and owners for the tests of this folder. */
import type { KubeObject } from '../resource.ts';
import { typeOfKind } from '../schema.ts';
import { applyObject } from './apply.ts';
import { emptySet, type FieldSet, pathsOf } from './field-set.ts';
import { readOwners } from './owners.ts';
import { showPath } from './path-element.ts';
import { shapeOfObject } from './shape.ts';
import { type Tracking, trackWrite, type Version } from './track.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
export type Any = any;

export const versionOfKind = (group: string, version: string, kind: string): Version => ({
  apiVersion: group ? `${group}/${version}` : version,
  shape: shapeOfObject(typeOfKind({ group, version, kind })!),
});

export const deployments = versionOfKind('apps', 'v1', 'Deployment');
export const configs = versionOfKind('', 'v1', 'ConfigMap');
export const services = versionOfKind('', 'v1', 'Service');

let seconds = 0;

export const by = (version: Version, manager: string, more: Partial<Tracking> = {}): Tracking => ({
  version,
  manager,
  subresource: '',
  time: new Date(Date.UTC(2026, 0, 1) + 1000 * seconds++).toISOString().replace('.000', ''),
  skipped: ['status'],
  ...more,
});

/** What the object is after an apply. */
export function apply(
  tracking: Tracking,
  live: KubeObject | undefined,
  { applied, force = false }: { readonly applied: object; readonly force?: boolean },
): Any {
  const request = { live, applied: applied as KubeObject, force };
  const { object, managedFields } = applyObject(tracking, request);
  return withOwners(object, managedFields);
}

/** What the object is after an update. */
export function write(tracking: Tracking, before: KubeObject | undefined, after: object): Any {
  return withOwners(after, trackWrite(tracking, { before, after: after as KubeObject }));
}

function withOwners(object: KubeObject, managedFields: unknown): object {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return structuredClone({
    ...object,
    metadata: { ...metadata, ...(managedFields ? { managedFields } : {}) },
  });
}

/** `manager Operation: path path …` of each owner. */
export function ownersIn(object: KubeObject): string[] {
  return [...readOwners(object.metadata?.managedFields).values()].map(
    ({ manager, operation, subresource, set }) =>
      `${manager}${subresource && `/${subresource}`} ${operation}: ${show(set).join(' ')}`,
  );
}

export const show = (set: FieldSet = emptySet): string[] => pathsOf(set).map(showPath);
