// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.admissionregistration.v1 v1 admissionregistration.k8s.io
type ApplyConfiguration
 expression string
type AuditAnnotation
 key string required
 valueExpression string required
type ExpressionWarning
 fieldRef string required
 warning string required
type JSONPatch
 expression string
type MatchCondition
 expression string required
 name string required
type MatchResources mapType=atomic
 excludeResourceRules [NamedRuleWithOperations] listType=atomic
 matchPolicy string enum=Equivalent|Exact
 namespaceSelector meta-v1.LabelSelector
 objectSelector meta-v1.LabelSelector
 resourceRules [NamedRuleWithOperations] listType=atomic
type MutatingAdmissionPolicy kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec MutatingAdmissionPolicySpec held
type MutatingAdmissionPolicyBinding kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec MutatingAdmissionPolicyBindingSpec held
type MutatingAdmissionPolicyBindingList kind
 apiVersion string
 items [MutatingAdmissionPolicyBinding] required
 kind string
 metadata meta-v1.ListMeta held
type MutatingAdmissionPolicyBindingSpec
 matchResources MatchResources
 paramRef ParamRef
 policyName string
type MutatingAdmissionPolicyList kind
 apiVersion string
 items [MutatingAdmissionPolicy] required
 kind string
 metadata meta-v1.ListMeta held
type MutatingAdmissionPolicySpec
 failurePolicy string enum=Fail|Ignore
 matchConditions [MatchCondition] listType=map keys=name patchKey=name patchStrategy=merge
 matchConstraints MatchResources
 mutations [Mutation] listType=atomic
 paramKind ParamKind
 reinvocationPolicy string enum=IfNeeded|Never
 variables [Variable] listType=atomic
type MutatingWebhook
 admissionReviewVersions [string] required listType=atomic
 clientConfig WebhookClientConfig required held
 failurePolicy string enum=Fail|Ignore
 matchConditions [MatchCondition] listType=map keys=name patchKey=name patchStrategy=merge
 matchPolicy string enum=Equivalent|Exact
 name string required
 namespaceSelector meta-v1.LabelSelector
 objectSelector meta-v1.LabelSelector
 reinvocationPolicy string enum=IfNeeded|Never
 rules [RuleWithOperations] listType=atomic
 sideEffects string required enum=None|NoneOnDryRun
 timeoutSeconds int32
type MutatingWebhookConfiguration kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 webhooks [MutatingWebhook] listType=map keys=name patchKey=name patchStrategy=merge
type MutatingWebhookConfigurationList kind
 apiVersion string
 items [MutatingWebhookConfiguration] required
 kind string
 metadata meta-v1.ListMeta held
type Mutation
 applyConfiguration ApplyConfiguration
 jsonPatch JSONPatch
 patchType string required
type NamedRuleWithOperations mapType=atomic
 apiGroups [string] listType=atomic
 apiVersions [string] listType=atomic
 operations [string] listType=atomic
 resourceNames [string] listType=atomic
 resources [string] listType=atomic
 scope string enum=*|Cluster|Namespaced
type ParamKind mapType=atomic
 apiVersion string
 kind string
type ParamRef mapType=atomic
 name string
 namespace string
 parameterNotFoundAction string enum=Allow|Deny
 selector meta-v1.LabelSelector
type RuleWithOperations
 apiGroups [string] listType=atomic
 apiVersions [string] listType=atomic
 operations [string] listType=atomic
 resources [string] listType=atomic
 scope string enum=*|Cluster|Namespaced
type ServiceReference
 name string required
 namespace string required
 path string
 port int32
type TypeChecking
 expressionWarnings [ExpressionWarning] listType=atomic
type ValidatingAdmissionPolicy kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ValidatingAdmissionPolicySpec held
 status ValidatingAdmissionPolicyStatus held
type ValidatingAdmissionPolicyBinding kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ValidatingAdmissionPolicyBindingSpec required held
type ValidatingAdmissionPolicyBindingList kind
 apiVersion string
 items [ValidatingAdmissionPolicyBinding] required
 kind string
 metadata meta-v1.ListMeta held
type ValidatingAdmissionPolicyBindingSpec
 matchResources MatchResources
 paramRef ParamRef
 policyName string required
 validationActions [string] required listType=set
type ValidatingAdmissionPolicyList kind
 apiVersion string
 items [ValidatingAdmissionPolicy] required
 kind string
 metadata meta-v1.ListMeta held
type ValidatingAdmissionPolicySpec
 auditAnnotations [AuditAnnotation] listType=atomic
 failurePolicy string enum=Fail|Ignore
 matchConditions [MatchCondition] listType=map keys=name patchKey=name patchStrategy=merge
 matchConstraints MatchResources
 paramKind ParamKind
 validations [Validation] listType=atomic
 variables [Variable] listType=map keys=name patchKey=name patchStrategy=merge
type ValidatingAdmissionPolicyStatus
 conditions [meta-v1.Condition] listType=map keys=type
 observedGeneration int64
 typeChecking TypeChecking
type ValidatingWebhook
 admissionReviewVersions [string] required listType=atomic
 clientConfig WebhookClientConfig required held
 failurePolicy string enum=Fail|Ignore
 matchConditions [MatchCondition] listType=map keys=name patchKey=name patchStrategy=merge
 matchPolicy string enum=Equivalent|Exact
 name string required
 namespaceSelector meta-v1.LabelSelector
 objectSelector meta-v1.LabelSelector
 rules [RuleWithOperations] listType=atomic
 sideEffects string required enum=None|NoneOnDryRun
 timeoutSeconds int32
type ValidatingWebhookConfiguration kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 webhooks [ValidatingWebhook] listType=map keys=name patchKey=name patchStrategy=merge
type ValidatingWebhookConfigurationList kind
 apiVersion string
 items [ValidatingWebhookConfiguration] required
 kind string
 metadata meta-v1.ListMeta held
type Validation
 expression string required
 message string
 messageExpression string
 reason string
type Variable mapType=atomic
 expression string required
 name string required
type WebhookClientConfig
 caBundle bytes
 service ServiceReference
 url string
`;
