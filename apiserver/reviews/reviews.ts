/** The answers to all reviews, by the names of their resources. */
import { groupResourceOf, type Resource } from '../../api/resource.ts';
import {
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  tokenReviews,
} from '../../api/resources/reviews.ts';
import type { Authorization } from '../authorization/authorize.ts';
import type { Maker } from '../call.ts';
import { reviewLocalSubject, reviewSelf, reviewSubject } from './access.ts';
import { reviewMyself, reviewToken, type TokenReviewOptions } from './identity.ts';
import { reviewRules } from './rules.ts';

export interface ReviewOptions extends TokenReviewOptions {
  readonly authorization: Authorization;
}

export function createReviews(options: ReviewOptions): ReadonlyMap<string, Maker> {
  const { authorization } = options;
  const { authorize } = authorization;
  const makers: (readonly [Resource, Maker])[] = [
    [selfSubjectReviews, reviewMyself],
    [tokenReviews, reviewToken(options)],
    [localSubjectAccessReviews, reviewLocalSubject(authorize)],
    [selfSubjectAccessReviews, reviewSelf(authorize)],
    [selfSubjectRulesReviews, reviewRules(authorization)],
    [subjectAccessReviews, reviewSubject(authorize)],
  ];
  return new Map(makers.map(([resource, make]) => [groupResourceOf(resource), make]));
}
