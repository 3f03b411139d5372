// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.authentication.v1 v1 authentication.k8s.io
type BoundObjectReference
 apiVersion string
 kind string
 name string
 uid string
type SelfSubjectReview kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 status SelfSubjectReviewStatus held
type SelfSubjectReviewStatus
 userInfo UserInfo held
type TokenRequest kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec TokenRequestSpec held
 status TokenRequestStatus held
type TokenRequestSpec
 audiences [string] listType=atomic
 boundObjectRef BoundObjectReference
 expirationSeconds int64
type TokenRequestStatus
 expirationTimestamp Time
 token string
type TokenReview kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec TokenReviewSpec required held
 status TokenReviewStatus held
type TokenReviewSpec
 audiences [string] listType=atomic
 token string required
type TokenReviewStatus
 audiences [string] listType=atomic
 authenticated boolean
 error string
 user UserInfo held
type UserInfo
 extra {[string]}
 groups [string] listType=atomic
 uid string
 username string
`;
