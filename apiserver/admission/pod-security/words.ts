/** How the checks speak. Pure. */

/** `container "a"`, `containers "a", "b"` */
export const counted = (one: string, names: readonly string[]): string =>
  `${plural(one, names.length)} ${quoted(names)}`;

export const quoted = (names: readonly string[]): string =>
  names.map((name) => `"${name}"`).join(', ');

export const plural = (one: string, count: number): string => (count === 1 ? one : `${one}s`);

/** Each once, in order. */
export const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();
