/**
 * Objects of one kind mostly have the same owners of the same fields, and those take more memory
 * than all else in them: what says the same is kept once for all objects.
 */
import type { KubeObject } from '../../api/resource.ts';

type Fields = Record<string, unknown>;

const countMax = 1_000;
const bytesMin = 64; // What is shorter is not worth the search.
const byText = new Map<string, Fields>();
const shared = new WeakSet<Fields>();

/** Changes the object, which must be new: its managedFields share what others have, too. */
export function shareFields(object: KubeObject): KubeObject {
  for (const entry of object.metadata?.managedFields ?? []) {
    if (entry.fieldsV1) entry.fieldsV1 = shareOne(entry.fieldsV1);
  }
  return object;
}

function shareOne(fields: Fields): Fields {
  if (shared.has(fields)) return fields;
  const text = JSON.stringify(fields);
  if (text.length < bytesMin) return fields;
  const known = byText.get(text);
  if (known) return known;
  // Forgetting costs only memory: the next one starts to share anew.
  if (byText.size >= countMax) byText.delete(byText.keys().next().value!);
  byText.set(text, fields);
  shared.add(fields);
  return fields;
}
