/**
 * Objects of one kind mostly have the same owners of the same fields, and those take more memory
 * than all else in them: what says the same is kept once for all objects.
 */
import type { KubeObject } from '../../api/resource.ts';
import type { ManagedFieldsEntry } from '../../api/types/meta-v1.generated.ts';

type Fields = Record<string, unknown>;

const countMax = 1_000;
const bytesMin = 64; // What is shorter is not worth the search.
const byText = new Map<string, Fields>();
const texts = new WeakMap<Fields, string>();

/** Changes the object, which must be new: its managedFields share what others have, too. */
export function shareFields(object: KubeObject): KubeObject {
  for (const entry of object.metadata?.managedFields ?? []) {
    if (entry.fieldsV1) entry.fieldsV1 = shareOne(entry.fieldsV1);
  }
  return object;
}

function shareOne(fields: Fields): Fields {
  if (texts.has(fields)) return fields;
  const text = JSON.stringify(fields);
  if (text.length < bytesMin) return fields;
  const known = byText.get(text);
  if (known) return known;
  // Forgetting costs only memory: the next one starts to share anew.
  if (byText.size >= countMax) byText.delete(byText.keys().next().value!);
  byText.set(text, fields);
  texts.set(fields, text);
  return fields;
}

/** The owners as JSON; the text of shared fields was made once. */
export function ownersText(owners: readonly ManagedFieldsEntry[]): string {
  const entries = owners.map((entry) => {
    const { fieldsV1, ...rest } = entry;
    const text = fieldsV1 && texts.get(fieldsV1);
    return text
      ? `${JSON.stringify(rest).slice(0, -1)},"fieldsV1":${text}}`
      : JSON.stringify(entry);
  });
  return `[${entries.join(',')}]`;
}
