/** Many writes of one kind: a few first, so that what is refused is refused a few times only. */

/**
 * One, two, four, … at a time. After a batch in which something failed nothing more is tried.
 * Resolves with what went wrong.
 */
export async function inBatches<T>(
  items: readonly T[],
  write: (item: T) => Promise<void>,
): Promise<unknown[]> {
  for (let done = 0, size = 1; done < items.length; done += size, size *= 2) {
    const errors = await allAtOnce(items.slice(done, done + size), write);
    if (errors.length > 0) return errors;
  }
  return [];
}

/** Resolves with what went wrong; the rest is done. */
export async function allAtOnce<T>(
  items: readonly T[],
  write: (item: T) => Promise<void>,
): Promise<unknown[]> {
  const results = await Promise.allSettled(items.map(write));
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}
