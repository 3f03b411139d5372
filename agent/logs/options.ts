/** A log request's query (core/v1 PodLogOptions), taken apart. Pure. */
import { StatusError } from '../../base/errors.ts';

export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Only lines at or after this moment, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly stream?: 'stdout' | 'stderr';
}

/** @throws StatusError Invalid that names the parameter */
export function parseLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const sinceSeconds = number(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  if (sinceSeconds !== undefined && sinceTime) {
    throw invalid('sinceSeconds', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  const sinceMs = sinceTime
    ? parseTime(sinceTime)
    : sinceSeconds === undefined
      ? undefined
      : nowMs - sinceSeconds * 1000;
  const tailLines = number(query, 'tailLines', 0);
  const limitBytes = number(query, 'limitBytes', 1);
  const stream = parseStream(query.get('stream'));
  return {
    follow: isTrue(query, 'follow'),
    previous: isTrue(query, 'previous'),
    timestamps: isTrue(query, 'timestamps'),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(stream && { stream }),
  };
}

function number(query: URLSearchParams, name: string, min: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < min) {
    throw invalid(name, `must be greater than or equal to ${min}`);
  }
  return value;
}

function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw invalid('sinceTime', 'must be an RFC 3339 time');
  return ms;
}

function parseStream(text: string | null): LogOptions['stream'] {
  if (text === null || text === '' || text === 'All') return undefined;
  if (text === 'Stdout') return 'stdout';
  if (text === 'Stderr') return 'stderr';
  throw invalid('stream', 'must be All, Stdout or Stderr');
}

const isTrue = (query: URLSearchParams, name: string) =>
  ['true', '1', ''].includes(query.get(name) ?? 'false');

function invalid(field: string, message: string): StatusError {
  const causes = [{ reason: 'FieldValueInvalid', message, field }];
  return new StatusError('Invalid', `${field}: Invalid value: ${message}`, { details: { causes } });
}
