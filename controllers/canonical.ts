/** One text for all ways to say the same, and short names out of it. Pure. */

/** JSON with sorted keys; an empty list counts as absent, as it does on the wire. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined && inner !== null && !isEmptyList(inner))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${entries.join(',')}}`;
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

// No vowels, no digits that look like letters: a name must not spell a word.
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Ten letters at most; another `collisionCount` gives another hash. */
export function hashText(text: string, collisionCount: number): string {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${text}#${collisionCount || ''}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}
