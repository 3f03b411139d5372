/** Query parameters by verb. kubectl looks for `fieldValidation` and `dryRun` here. */
import type { Verb } from '../resource.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: { readonly type: string; readonly uniqueItems: boolean };
}

export const queryParameter = (name: string, type: string): Parameter => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});

export const pathParameter = (name: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

export const parametersOf = (verb: Verb): Parameter[] =>
  (byVerb[verb] ?? []).map(([name, type]) => queryParameter(name, type));

type Pair = readonly [name: string, type: string];

const writing: readonly Pair[] = [
  ['dryRun', 'string'],
  ['fieldManager', 'string'],
  ['fieldValidation', 'string'],
];

const selecting: readonly Pair[] = [
  ['continue', 'string'],
  ['fieldSelector', 'string'],
  ['labelSelector', 'string'],
  ['limit', 'integer'],
  ['resourceVersion', 'string'],
  ['resourceVersionMatch', 'string'],
  ['sendInitialEvents', 'boolean'],
  ['timeoutSeconds', 'integer'],
];

const deleting: readonly Pair[] = [
  ['dryRun', 'string'],
  ['gracePeriodSeconds', 'integer'],
  ['orphanDependents', 'boolean'],
  ['propagationPolicy', 'string'],
];

const byVerb: Partial<Record<Verb, readonly Pair[]>> = {
  create: writing,
  update: writing,
  patch: [...writing, ['force', 'boolean']],
  delete: deleting,
  deletecollection: [...selecting, ...deleting],
  list: [['allowWatchBookmarks', 'boolean'], ...selecting, ['watch', 'boolean']],
};
