// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.authorization.v1 v1 authorization.k8s.io
type FieldSelectorAttributes
 rawSelector string
 requirements [meta-v1.FieldSelectorRequirement] listType=atomic
type LabelSelectorAttributes
 rawSelector string
 requirements [meta-v1.LabelSelectorRequirement] listType=atomic
type LocalSubjectAccessReview kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec SubjectAccessReviewSpec required held
 status SubjectAccessReviewStatus held
type NonResourceAttributes
 path string
 verb string
type NonResourceRule
 nonResourceURLs [string] listType=atomic
 verbs [string] required listType=atomic
type ResourceAttributes
 fieldSelector FieldSelectorAttributes
 group string
 labelSelector LabelSelectorAttributes
 name string
 namespace string
 resource string
 subresource string
 verb string
 version string
type ResourceRule
 apiGroups [string] listType=atomic
 resourceNames [string] listType=atomic
 resources [string] listType=atomic
 verbs [string] required listType=atomic
type SelfSubjectAccessReview kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec SelfSubjectAccessReviewSpec required held
 status SubjectAccessReviewStatus held
type SelfSubjectAccessReviewSpec
 nonResourceAttributes NonResourceAttributes
 resourceAttributes ResourceAttributes
type SelfSubjectRulesReview kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec SelfSubjectRulesReviewSpec required held
 status SubjectRulesReviewStatus held
type SelfSubjectRulesReviewSpec
 namespace string
type SubjectAccessReview kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec SubjectAccessReviewSpec required held
 status SubjectAccessReviewStatus held
type SubjectAccessReviewSpec
 extra {[string]}
 groups [string] listType=atomic
 nonResourceAttributes NonResourceAttributes
 resourceAttributes ResourceAttributes
 uid string
 user string
type SubjectAccessReviewStatus
 allowed boolean required
 denied boolean
 evaluationError string
 reason string
type SubjectRulesReviewStatus
 evaluationError string
 incomplete boolean required
 nonResourceRules [NonResourceRule] required listType=atomic
 resourceRules [ResourceRule] required listType=atomic
`;
