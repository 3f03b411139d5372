/**
 * Kinds that extend the API itself are kept and checked, so that charts and operators install; an
 * honest server says that nothing acts on them yet.
 */
export const inertWarning = (effect: string) => (): string[] => [
  `the object is stored, but this server does not act on it yet: ${effect}`,
];
