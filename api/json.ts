/**
 * JSON that keeps its whole numbers: what a double cannot hold becomes a BigInt, which prints as
 * the same digits again (`hardenIntrinsics`). Everything else is as JSON.parse has it.
 */

type Reviver = (
  this: unknown,
  key: string,
  value: unknown,
  context: { source?: string },
) => unknown;

/** Sixteen digits in a row: fewer are always exact. */
const longNumber = /\d{16}/;

/** @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  return JSON.parse(text, keepWhole as (key: string, value: unknown) => unknown);
}

const keepWhole: Reviver = (_, value, { source }) => {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
};
