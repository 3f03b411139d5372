/** The answers to all reviews, by the names of their resources. */
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
  return new Map<string, Maker>([
    ['selfsubjectreviews', reviewMyself],
    ['tokenreviews', reviewToken(options)],
    ['localsubjectaccessreviews', reviewLocalSubject(authorize)],
    ['selfsubjectaccessreviews', reviewSelf(authorize)],
    ['selfsubjectrulesreviews', reviewRules(authorization)],
    ['subjectaccessreviews', reviewSubject(authorize)],
  ]);
}
