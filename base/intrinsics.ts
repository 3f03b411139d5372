/**
 * What a process that reads strangers' JSON does to JavaScript itself, once and first: nothing can
 * be hung onto every object any more, and whole numbers beyond 2^53 (BigInt) print as JSON numbers.
 */

interface RawJson {
  rawJSON(text: string): unknown;
}

/** May be called again. */
export function hardenIntrinsics(): void {
  // Sealed, not frozen: with a frozen prototype no object could get a `toString` of its own by
  // assignment, and libraries do that.
  for (const each of [Object, Array, Function, String, Number, Boolean, Map, Set, Promise]) {
    Object.seal(each.prototype);
  }
  if (Object.hasOwn(BigInt.prototype, 'toJSON')) return;
  Object.defineProperty(BigInt.prototype, 'toJSON', {
    value(this: bigint) {
      return (JSON as unknown as RawJson).rawJSON(this.toString());
    },
  });
}
