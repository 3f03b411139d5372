/** Questions to the server: what is created is answered, and kept nowhere. */
import type { Resource } from '../resource.ts';

function review(group: string, kind: string, namespaced = false): Resource {
  const singular = kind.toLowerCase();
  return {
    group,
    version: 'v1',
    kind,
    plural: `${singular}s`,
    singular,
    namespaced,
    verbs: ['create'],
    hasStatus: false,
    columns: [],
  };
}

const authentication = 'authentication.k8s.io';
const authorization = 'authorization.k8s.io';

export const selfSubjectReviews = review(authentication, 'SelfSubjectReview');
export const tokenReviews = review(authentication, 'TokenReview');
export const localSubjectAccessReviews = review(authorization, 'LocalSubjectAccessReview', true);
export const selfSubjectAccessReviews = review(authorization, 'SelfSubjectAccessReview');
export const selfSubjectRulesReviews = review(authorization, 'SelfSubjectRulesReview');
export const subjectAccessReviews = review(authorization, 'SubjectAccessReview');
