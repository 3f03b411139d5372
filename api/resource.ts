/**
 * What a resource is: one declaration, from which routing, discovery, validation, defaulting,
 * printing and the typed client all follow. No resource has a handler of its own.
 */
import type { StatusCause } from '../base/errors.ts';
import type { MapShape } from './apply/shape.ts';
import type { ObjectMeta } from './types/meta-v1.generated.ts';

/** Any object of the API. Objects from a cache are never changed. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** A column of `kubectl get`. Priority 0 is always shown, 1 only with `-o wide`. */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean' | 'number';
  readonly format?: string;
  readonly priority: 0 | 1;
  readonly description: string;
  /** The cell; `now` is in milliseconds, for ages. */
  readonly cell: (object: T, now: number) => string | number | boolean;
}

export type Verb =
  | 'create'
  | 'delete'
  | 'deletecollection'
  | 'get'
  | 'list'
  | 'patch'
  | 'update'
  | 'watch';

/** A path below an object, e.g. `pods/web/log`. `kind` is what it reads and writes. */
export interface Subresource {
  readonly name: string;
  readonly group?: string; // Of its kind, where that differs from the resource's: autoscaling for scale.
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly Verb[];
}

/**
 * How one version of a kind is kept in the form of another. Pure, and each makes a new object that
 * may share parts with the one it is given; metadata goes through as it is (managedFields, too).
 */
export interface StoredAs<T extends KubeObject> {
  /** The version that is stored. Its rules and defaults hold behind this version's own. */
  readonly resource: Resource;
  readonly to: (object: T) => KubeObject;
  readonly from: (stored: KubeObject) => KubeObject;
}

/** What a computed resource may look at. */
export interface Reader {
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly T[];
}

export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string; // Empty for core.
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources?: readonly Subresource[];
  /** Whether `status` is written only by /status. */
  readonly hasStatus: boolean;
  /** Whether changes beside metadata and status raise metadata.generation; absent = as hasStatus. */
  readonly hasGeneration?: boolean;
  /** Of all versions of a kind but the stored one. Columns and fields read this version's form. */
  readonly storedAs?: StoredAs<T>;
  /** What has an owner of its own in it, of kinds that the schema does not know: see api/apply. */
  readonly shape?: MapShape;
  /** Not stored but made for each read (`now` in milliseconds); such a resource only gets, lists. */
  readonly compute?: (reader: Reader, now: number) => KubeObject[];
  readonly columns: readonly Column<T>[];
  /** Where replicas live, for the scale subresource. Dotted paths. */
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector: string };
  /** Extra field selectors beside metadata.name and metadata.namespace: label → value. */
  readonly fields?: Readonly<Record<string, (object: T) => string>>;
  /** Objects of this kind are dropped this long after their last write (events). */
  readonly ttlSeconds?: number;
  /** Seconds between a delete and the object's end when the caller names none; absent = at once. */
  readonly graceSeconds?: (object: T) => number;
  /** Fills in what upstream fills in. Changes the draft it is given. */
  readonly applyDefaults?: (draft: T) => void;
  /** What schema validation cannot see: cross-field rules, immutability. All problems at once.
   * `subresource` as in WriteContext. */
  readonly validate?: (object: T, old: T | undefined, subresource?: string) => StatusCause[];
  /** Said with every request for this version of the kind, as upstream does. */
  readonly deprecation?: string;
  /** What the writer should know of an object that was taken all the same: deprecated fields,
   * settings without effect. Sentences for Warning headers. */
  readonly warnings?: (object: T, old: T | undefined) => string[];
  /** Why this object must stay, whoever asks; undefined = it may go. */
  readonly undeletable?: (object: T) => string | undefined;
  /** Sets what only the server sets on create and update (initial status, dropped fields). */
  readonly prepareCreate?: (draft: T, context: WriteContext) => void;
  readonly prepareUpdate?: (draft: T, old: T, context: WriteContext) => void;
}

/** What a write brings beside the object. */
export interface WriteContext {
  readonly user: {
    readonly name: string;
    readonly uid?: string;
    readonly groups: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly now: number; // In milliseconds.
  readonly subresource: string; // That the write goes to; empty for the object itself.
}

/** `apps/v1`, or `v1` for core. */
export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;

/** The version of the kind that is stored. */
export const storedForm = (resource: Resource): Resource => resource.storedAs?.resource ?? resource;

export const hasGeneration = ({
  hasGeneration,
  hasStatus,
}: Pick<Resource, 'hasGeneration' | 'hasStatus'>): boolean => hasGeneration ?? hasStatus;

/** `deployments.apps`, or `pods` for core: how messages and store keys name a resource. */
export const groupResourceOf = ({ group, plural }: { group: string; plural: string }): string =>
  group ? `${plural}.${group}` : plural;
