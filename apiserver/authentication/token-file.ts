/** The static token file: upstream's CSV of token, user, uid and, quoted, groups. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { User } from '../request.ts';

interface KnownToken {
  readonly digest: Buffer;
  readonly user: User;
}

/**
 * `secret,ann,42,"dev,ops"`, one a line.
 * @throws Error naming the line that has too few columns
 */
export function parseTokenFile(text: string): KnownToken[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const [token, name, uid, groups = ''] = splitColumns(line);
    if (!token || !name || uid === undefined) {
      throw new Error(`line ${index + 1} of the token file needs a token, a user and a uid`);
    }
    const named = groups.split(',').flatMap((each) => each.trim() || []);
    const user = { name, uid, groups: [...named, 'system:authenticated'] };
    return [{ digest: digestOf(token), user }];
  });
}

/** Digests of one length are compared, all of them: time tells nothing of a token. */
export function findToken(tokens: readonly KnownToken[], token: string): User | undefined {
  const digest = digestOf(token);
  let found: User | undefined;
  for (const known of tokens) {
    if (timingSafeEqual(known.digest, digest)) found = known.user;
  }
  return found;
}

const digestOf = (token: string) => createHash('sha256').update(token).digest();

/** A column in quotes may hold commas, and quotes doubled. */
function splitColumns(line: string): string[] {
  const columns = line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?=,|$)/g);
  return [...columns].map(([, quoted, plain]) => {
    return quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"');
  });
}
