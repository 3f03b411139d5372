/** Failures in the words of the CNI specification: a numeric code, printed as JSON on stdout. */
import { hasCode, messageOf } from '../base/errors.ts';

/** From 100 on they are ours; 999 is what the reference plugins give for everything else. */
export const codes = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodeFailure: 6,
  invalidConfig: 7,
  tryAgainLater: 11,
  notAvailable: 50,
  limitedConnectivity: 51,
  interfaceExists: 101,
  addressTaken: 102,
  checkFailed: 103,
  internal: 999,
} as const;

export type Code = keyof typeof codes;

export class CniError extends Error {
  override readonly name = 'CniError';
  readonly code: number;
  readonly details: string | undefined;

  constructor(code: Code | number, message: string, options: ErrorOptions & Details = {}) {
    super(message, options);
    this.code = typeof code === 'number' ? code : codes[code];
    this.details = options.details;
  }

  /** The body that a plugin prints. */
  render(cniVersion: string): Record<string, unknown> {
    const { code, message: msg, details } = this;
    return { cniVersion, code, msg, ...(details && { details }) };
  }
}

interface Details {
  readonly details?: string;
}

/** Anything thrown, as the specification wants it; a failed system call is an I/O failure. */
export function toCniError(error: unknown, doing?: string): CniError {
  const message = doing ? `${doing}: ${messageOf(error)}` : messageOf(error);
  if (error instanceof CniError) {
    const { details } = error;
    return new CniError(error.code, message, { cause: error, ...(details && { details }) });
  }
  const isSyscall = error instanceof Error && 'syscall' in error;
  return new CniError(isSyscall ? 'ioFailure' : 'internal', message, { cause: error });
}

/** For undo and best effort: runs all, and throws the first failure at the end. */
export async function runAll(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) {
    throw new CniError('internal', failures.map(messageOf).join('; '), { cause: failures[0] });
  }
}

/** DEL takes what is gone for deleted. */
export async function unlessGone(step: Promise<unknown>): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENODEV', 'ESRCH', 'ENXIO')) throw error;
  }
}

/** `if (hasCniCode(error, 'tryAgainLater')) …` */
export const hasCniCode = (error: unknown, code: Code): error is CniError =>
  error instanceof CniError && error.code === codes[code];
