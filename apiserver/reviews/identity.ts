/** Who somebody is: the asking user, or whoever a token is of. */
import type {
  SelfSubjectReview,
  TokenReview,
  UserInfo,
} from '../../api/types/authentication-v1.generated.ts';
import { checkToken, type TokenAuthenticator } from '../authentication/token-authenticator.ts';
import type { Maker } from '../call.ts';
import { badRequest } from '../errors.ts';
import type { User } from '../request.ts';

export const reviewMyself: Maker = ({ object, user }) => {
  const review = object as SelfSubjectReview;
  return { ...review, metadata: {}, status: { userInfo: userInfoOf(user) } };
};

export interface TokenReviewOptions {
  readonly tokens: readonly TokenAuthenticator[];
  readonly apiAudiences: readonly string[];
}

export const reviewToken =
  ({ tokens, apiAudiences }: TokenReviewOptions): Maker =>
  async ({ object }) => {
    const review = object as TokenReview;
    const { token, audiences: asked = [] } = review.spec ?? { token: '' };
    if (!token) throw badRequest('token is required for TokenReview in authentication');
    const audiences = asked.length > 0 ? asked : apiAudiences;
    const { result, error } = await checkToken(tokens, { token, audiences, apiAudiences });
    const status = {
      ...(result && {
        authenticated: true,
        user: userInfoOf(result.user),
        audiences: [...result.audiences],
      }),
      ...(error && { error }),
      // Upstream leaves out a false one, and says `user: {}`.
      ...(!result && { user: {} }),
    };
    return { ...review, metadata: {}, status };
  };

const userInfoOf = ({ name, uid, groups, extra }: User): UserInfo => ({
  username: name,
  ...(uid && { uid }),
  groups: [...groups],
  ...(extra && {
    extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
  }),
});
