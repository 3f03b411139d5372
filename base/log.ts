/**
 * Log lines: `2026-11-22T10:00:00.000Z INFO proxy Wrote rules {"services":12,"ms":4}`.
 *
 * Past tense, capital, no full stop, no values in the sentence. `info`: the state of the system
 * changed; `debug`: everything else.
 */
import { messageOf } from './errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Logger {
  error(message: string, error: unknown, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  /** A logger for a part of this room: `agent.images`. */
  child(part: string): Logger;
}

export interface LogOptions {
  readonly component: string;
  readonly level: 'error' | 'info' | 'debug';
  /** Takes one whole line, newline included. */
  readonly write: (line: string) => void;
  readonly now?: () => number;
}

export function createLogger(options: LogOptions): Logger {
  const { component, level, write, now = Date.now } = options;
  const put = (label: string, message: string, fields: Fields | undefined) => {
    const time = new Date(now()).toISOString();
    const tail = fields && Object.keys(fields).length > 0 ? ` ${printable(fields)}` : '';
    write(`${time} ${label} ${component} ${message}${tail}\n`);
  };
  return {
    error: (message, error, fields) => put('ERROR', message, { ...fields, error: describe(error) }),
    info: (message, fields) => {
      if (level !== 'error') put('INFO', message, fields);
    },
    debug: (message, fields) => {
      if (level === 'debug') put('DEBUG', message, fields);
    },
    child: (part) => createLogger({ ...options, component: `${component}.${part}` }),
  };
}

export const silentLogger: Logger = {
  error() {},
  info() {},
  debug() {},
  child: () => silentLogger,
};

/** The message with its causes; a bug (TypeError and the like) also shows where it happened. */
function describe(error: unknown): string {
  const isBug = error instanceof TypeError || error instanceof RangeError;
  return isBug ? (error.stack ?? error.message) : messageOf(error);
}

// JSON leaves DEL, C1 controls and bidirectional marks as they are; a terminal would obey them.
const unsafe = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function printable(fields: Fields): string {
  return JSON.stringify(fields).replace(
    unsafe,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
