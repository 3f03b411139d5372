/**
 * The kinds of failure that a caller can act on. Anything else thrown is a bug, and is left to
 * crash: a level-triggered process may always be restarted.
 */

/** Why a request failed, in the words of the Kubernetes API, with the status code each one has. */
const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  Gone: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  NotImplemented: 501,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof codes;

/** One thing that is wrong, and where: `field` is a path as in `spec.ports[0].port`. */
export interface StatusCause {
  readonly reason: string; // FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, …
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string; // For most reasons the plural resource, as upstream says it.
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A meta/v1 Status, the body of every failed request. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** A failed request to the API, on either side of the wire. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: Reason;
  readonly details: StatusDetails | undefined;

  constructor(
    reason: Reason,
    message: string,
    options: ErrorOptions & { details?: StatusDetails } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.code = codes[reason];
    this.details = options.details;
  }

  /** The body of the HTTP response. */
  toJSON(): Status {
    const { code, reason, message, details } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details && { details }),
      code,
    };
  }

  /** The other side of the wire. An unknown reason is taken from the code's class. */
  static fromStatus(status: Partial<Status>, code: number): StatusError {
    const reason = isReason(status.reason) ? status.reason : reasonOf(code);
    const message = status.message ?? `the server answered ${code}`;
    return new StatusError(reason, message, status.details && { details: status.details });
  }
}

/** `if (hasReason(error, 'NotFound')) return;` Callers test the reason, never the message. */
export function hasReason(error: unknown, reason: Reason): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

/** A failed system call, shaped as Node's own errors: `code: 'ENOENT'`, `syscall: 'mount'`. */
export interface SyscallError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly errno: number;
}

/** `if (hasCode(error, 'ENOENT')) return;` for errors of Node and of the native seam. */
export function hasCode(error: unknown, ...wanted: string[]): error is SyscallError {
  return error instanceof Error && 'code' in error && wanted.includes(String(error.code));
}

/** A command line that cannot be understood: the CLI prints the message and ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Wraps an error with what this room was doing; the cause stays attached. */
export function wrapError(doing: string, cause: unknown): Error {
  const message = `${doing}: ${messageOf(cause)}`;
  if (cause instanceof StatusError) {
    return new StatusError(cause.reason, message, {
      cause,
      ...(cause.details && { details: cause.details }),
    });
  }
  return new Error(message, { cause });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const isReason = (text: string | undefined): text is Reason =>
  text !== undefined && Object.hasOwn(codes, text);

function reasonOf(code: number): Reason {
  const known = Object.entries(codes).find(([, each]) => each === code);
  return (known?.[0] as Reason | undefined) ?? (code < 500 ? 'BadRequest' : 'InternalError');
}
