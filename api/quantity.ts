/**
 * Resource quantities: `250m`, `1.5Gi`, `1e3`. Exact down to a billionth, as upstream's; finer
 * fractions are rounded away from zero.
 */

export interface ParsedQuantity {
  readonly nano: bigint; // The value in billionths.
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** The words that upstream's decoder has for anything that is not a quantity. */
export const quantityProblem =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Everybody asks for the same few amounts, each many times. */
const parsed = new Map<string | number, ParsedQuantity>();
const parsedMax = 1_000;

/** @throws Error with upstream's sentence */
export function parseQuantity(text: string | number): ParsedQuantity {
  const known = parsed.get(text);
  if (known) return known;
  const quantity = parse(text);
  if (parsed.size >= parsedMax) parsed.clear();
  parsed.set(text, quantity);
  return quantity;
}

function parse(text: string | number): ParsedQuantity {
  // The length limit keeps hostile digits from turning into slow big integers.
  const match = pattern.exec(String(text));
  if (!match || match[0].length > 64) throw new Error(quantityProblem);
  const [, sign, digits = '', suffix = ''] = match;
  const { numerator, denominator, format } = scaleOf(suffix);
  const [whole = '', fraction = ''] = digits.split('.');
  const mantissa = BigInt(whole + fraction) * numerator * nanoPerUnit;
  const nano = divideUp(mantissa, denominator * 10n ** BigInt(fraction.length));
  const capped = nano > nanoMax ? nanoMax : nano;
  return { nano: sign === '-' ? -capped : capped, format };
}

/** The canonical form: no fraction, and the largest suffix that allows it. */
export function formatQuantity({ nano, format }: ParsedQuantity): string {
  if (nano === 0n) return '0';
  // Small amounts and fractions are written in decimal: binary suffixes would round them.
  const isWhole = nano % nanoPerUnit === 0n;
  if (format === 'BinarySI' && isWhole && abs(nano) >= 1024n * nanoPerUnit) {
    return formatBinary(nano);
  }
  let mantissa = nano;
  let exponent = -9;
  while (mantissa % 1000n === 0n && exponent < 18) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return `${mantissa}${exponent === 0 ? '' : `e${exponent}`}`;
  return `${mantissa}${decimalSuffixes.get(exponent)}`;
}

/** `1024Mi` → `1Gi`. */
export const canonicalQuantity = (text: string | number): string =>
  formatQuantity(parseQuantity(text));

/** Negative if a < b, 0 if equal, positive if a > b. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, in the format of the first that is not zero. */
export function addQuantities(a: string | number, b: string | number): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  const { format } = left.nano === 0n ? right : left;
  return formatQuantity({ nano: left.nano + right.nano, format });
}

export function subtractQuantities(a: string | number, b: string | number): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  const { format } = left.nano === 0n ? right : left;
  return formatQuantity({ nano: left.nano - right.nano, format });
}

/** Whole units (bytes, pods, cores), rounded up. */
export const quantityValue = (text: string | number): number =>
  Number(divideUp(parseQuantity(text).nano, nanoPerUnit));

/** Thousandths (millicores), rounded up. */
export const quantityMilli = (text: string | number): number =>
  Number(divideUp(parseQuantity(text).nano, nanoPerUnit / 1000n));

const nanoPerUnit = 1_000_000_000n;
const nanoMax = (2n ** 63n - 1n) * nanoPerUnit;
const decimalSuffixes = new Map(
  ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index) => [3 * index - 9, suffix]),
);
const decimalExponents = new Map([...decimalSuffixes].map(([power, suffix]) => [suffix, power]));
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

function scaleOf(suffix: string) {
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) {
    return { numerator: 1024n ** BigInt(binary), denominator: 1n, format: 'BinarySI' as const };
  }
  const known = decimalExponents.get(suffix);
  // Beyond these every value is zero or too large anyway.
  const exponent = Math.max(-40, Math.min(40, known ?? Number(suffix.slice(1))));
  const format = known === undefined ? ('DecimalExponent' as const) : ('DecimalSI' as const);
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0
    ? { numerator: 1n, denominator: power, format }
    : { numerator: power, denominator: 1n, format };
}

function formatBinary(nano: bigint): string {
  let mantissa = nano / nanoPerUnit;
  let power = 0;
  while (mantissa % 1024n === 0n && power < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    power += 1;
  }
  return `${mantissa}${binarySuffixes[power]}`;
}

const abs = (value: bigint) => (value < 0n ? -value : value);

/** Away from zero. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}
