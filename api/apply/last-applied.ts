/**
 * The annotation of client-side apply. Where `kubectl apply --server-side` meets an object that
 * was applied by the client before, what the annotation says is no conflict, and the annotation is
 * kept current so that the client may go back.
 */
import { isPlainObject, type PlainObject } from '../own.ts';
import type { KubeObject } from '../resource.ts';
import { compareObjects } from './compare.ts';
import { differenceOf, emptySet, type FieldSet } from './field-set.ts';
import { appliedFieldsOf } from './fields-of.ts';
import type { Version } from './track.ts';
import { misfitsOf } from './validate.ts';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

const annotationBytesMax = 256 * 1024;

/** The fields that the annotation claims, as far as the object still has them as they were. */
export function fieldsOfLastApplied({ apiVersion, shape }: Version, live: KubeObject): FieldSet {
  const text = live.metadata?.annotations?.[lastAppliedAnnotation];
  const applied = text ? parse(text) : undefined;
  if (!applied || applied.apiVersion !== apiVersion) return emptySet;
  if (misfitsOf(shape, applied).length > 0 || misfitsOf(shape, live).length > 0) return emptySet;
  const { written, removed } = compareObjects(shape, { before: applied, after: live });
  const claimed = appliedFieldsOf(shape, applied) ?? emptySet;
  return differenceOf(differenceOf(claimed, written), removed);
}

function parse(text: string): PlainObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Changes the object, if it has the annotation, to say what was applied now. */
export function renewLastApplied(object: KubeObject, applied: KubeObject): void {
  const annotations = object.metadata?.annotations;
  if (!annotations?.[lastAppliedAnnotation]) return;
  const { [lastAppliedAnnotation]: _, ...others } = applied.metadata?.annotations ?? {};
  const metadata = { ...applied.metadata };
  if (applied.metadata?.annotations) metadata.annotations = others;
  const text = `${JSON.stringify({ ...applied, metadata })}\n`;
  const renewed = { ...annotations, [lastAppliedAnnotation]: text };
  if (bytesOf(renewed) > annotationBytesMax) delete (renewed as PlainObject)[lastAppliedAnnotation];
  object.metadata = { ...object.metadata, annotations: renewed };
}

const bytesOf = (annotations: Readonly<Record<string, string>>): number =>
  new TextEncoder().encode(Object.entries(annotations).flat().join('')).length;
