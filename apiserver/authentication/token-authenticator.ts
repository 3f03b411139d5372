/**
 * The ways to know somebody by a bearer token, in a list: each looks at a token in turn, and the
 * first that knows it wins. A new way is a file that makes one, and a line in tokens.ts.
 */
import { messageOf } from '../../base/errors.ts';
import type { User } from '../request.ts';

export interface TokenResult {
  readonly user: User;
  /** Of the audiences asked for, those that the token is for; absent where tokens name none. */
  readonly audiences?: readonly string[];
  /** What the client should know of its token. */
  readonly warning?: string;
}

export interface TokenAuthenticator {
  readonly name: string;
  /**
   * Undefined for a token that is not of this kind. Throws, or rejects, for one that is and that
   * is no good: the message goes into the TokenReview, never to whoever sent the token.
   */
  authenticate(
    token: string,
    audiences: readonly string[],
  ): TokenResult | undefined | Promise<TokenResult | undefined>;
}

export interface TokenCheck {
  readonly result?: Required<Pick<TokenResult, 'user' | 'audiences'>> &
    Pick<TokenResult, 'warning'>;
  /** Why whoever should have known the token does not. */
  readonly error?: string;
}

export interface TokenQuestion {
  readonly token: string;
  readonly audiences: readonly string[];
  /** This server's own: what tokens without audiences are for. */
  readonly apiAudiences: readonly string[];
}

export async function checkToken(
  authenticators: readonly TokenAuthenticator[],
  { token, audiences, apiAudiences }: TokenQuestion,
): Promise<TokenCheck> {
  const errors: string[] = [];
  for (const each of authenticators) {
    try {
      const result = await each.authenticate(token, audiences);
      if (!result) continue;
      const own = audiences.filter((audience) => apiAudiences.includes(audience));
      const fitting = result.audiences ?? own;
      if (fitting.length > 0) return { result: { ...result, audiences: fitting } };
    } catch (error) {
      errors.push(messageOf(error));
    }
  }
  if (errors.length === 0) return {};
  return { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` };
}
