/** For tests of rules: an object as a user sends it in, what is wrong with it out. */
import type { ExecutionContext } from 'ava';
import type { KubeObject, Resource } from '../resource.ts';
import { typeOfKind } from '../schema.ts';
import { decodeObject } from './decode.ts';
import { validateObject } from './object.ts';

export type Loose = Record<string, unknown>;

/** Decoded and defaulted, as the server does it. A name is there, if the object has none. */
export function draftOf<T extends KubeObject>(resource: Resource<T>, object: Loose): T {
  const metadata = { name: 'web', ...(resource.namespaced && { namespace: 'default' }) };
  const draft = structuredClone({
    ...object,
    metadata: { ...metadata, ...(object.metadata as Loose) },
  });
  decodeObject(typeOfKind(resource)!, draft);
  resource.applyDefaults?.(draft as unknown as T);
  return draft as unknown as T;
}

export interface Case {
  readonly object: Loose;
  readonly old?: Loose;
  readonly subresource?: string;
  readonly want: readonly string[];
}

/** One line a problem: `spec.ports[0].port: Invalid value: 0: must be …`. */
export function problems<T extends KubeObject>(
  resource: Resource<T>,
  { object, old, subresource = '' }: Omit<Case, 'want'>,
): string[] {
  const before = old && draftOf(resource, old);
  const causes = validateObject(
    resource as unknown as Resource,
    draftOf(resource, object),
    before,
    subresource,
  );
  return causes.map(({ field, message }) => (field ? `${field}: ${message}` : message));
}

/** `checkCases(roles, { 'no verbs': { object, want } })` for a test of one kind. */
export const checkCases =
  <T extends KubeObject>(resource: Resource<T>, cases: Readonly<Record<string, Case>>) =>
  (t: ExecutionContext): void => {
    for (const [name, each] of Object.entries(cases)) {
      t.deepEqual(problems(resource, each), [...each.want], name);
    }
  };
