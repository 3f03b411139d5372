/** What etcd and the way to it answer instead of a result, in the store's own errors. */
import { messageOf, StatusError } from '../../base/errors.ts';

/** gRPC's codes that are told apart here. */
const code = {
  cancelled: 1,
  invalid: 3,
  deadlineExceeded: 4,
  exhausted: 8,
  outOfRange: 11,
  unavailable: 14,
} as const;

const codeOf = (error: unknown) => (error as { readonly code?: unknown } | undefined)?.code;
const detailsOf = (error: unknown) =>
  String((error as { readonly details?: unknown } | undefined)?.details ?? messageOf(error));

/** This member does not answer, or has no leader: another one may. */
export const isCutOff = (error: unknown): boolean =>
  codeOf(error) === code.unavailable || codeOf(error) === code.deadlineExceeded;

/** There was no connection to send it over. */
export const isUnsent = (error: unknown): boolean =>
  codeOf(error) === code.unavailable &&
  /^(No connection established|Name resolution failed)/.test(detailsOf(error));

export const isCompacted = (error: unknown): boolean =>
  codeOf(error) === code.outOfRange && /compacted/.test(detailsOf(error));

export const isFuture = (error: unknown): boolean =>
  codeOf(error) === code.outOfRange && /future/.test(detailsOf(error));

/** The answer is larger than a message may be: a smaller page may fit. */
export const isTooLargeToReceive = (error: unknown): boolean =>
  codeOf(error) === code.exhausted && /larger than max/.test(detailsOf(error));

/** Errors that a caller tells apart itself are left as they are. */
export function toStoreError(error: unknown, call: string): unknown {
  if (isCompacted(error) || isFuture(error) || isTooLargeToReceive(error)) return error;
  const message = `etcd: ${detailsOf(error)}`;
  const details = { retryAfterSeconds: 1 };
  const options = { cause: error, details };
  switch (codeOf(error)) {
    case code.unavailable:
    case code.cancelled:
    case code.deadlineExceeded: {
      const isUnknown = call === 'txn' && !isUnsent(error);
      if (!isUnknown) return new StatusError('ServiceUnavailable', message, options);
      return new StatusError('Timeout', `${message}: it may have been written or not`, options);
    }
    case code.invalid:
      if (!/too large/.test(message)) break;
      return new StatusError('RequestEntityTooLarge', message, { cause: error });
    case code.exhausted:
      if (!/too many requests/.test(message)) break;
      return new StatusError('TooManyRequests', message, options);
  }
  return new StatusError('InternalError', message, { cause: error });
}
