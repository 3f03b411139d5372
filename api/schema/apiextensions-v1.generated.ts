// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1 v1 apiextensions.k8s.io
type CustomResourceColumnDefinition
 description string
 format string
 jsonPath string required
 name string required
 priority int32
 type string required
type CustomResourceConversion
 strategy string required enum=None|Webhook
 webhook WebhookConversion
type CustomResourceDefinition kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec CustomResourceDefinitionSpec required held
 status CustomResourceDefinitionStatus held
type CustomResourceDefinitionCondition
 lastTransitionTime Time
 message string
 observedGeneration int64
 reason string
 status string required
 type string required
type CustomResourceDefinitionList kind
 apiVersion string
 items [CustomResourceDefinition] required
 kind string
 metadata meta-v1.ListMeta held
type CustomResourceDefinitionNames
 categories [string] listType=atomic
 kind string required
 listKind string
 plural string required
 shortNames [string] listType=atomic
 singular string
type CustomResourceDefinitionSpec
 conversion CustomResourceConversion
 group string required
 names CustomResourceDefinitionNames required held
 preserveUnknownFields boolean
 scope string required enum=Cluster|Namespaced
 versions [CustomResourceDefinitionVersion] required listType=atomic
type CustomResourceDefinitionStatus
 acceptedNames CustomResourceDefinitionNames held
 conditions [CustomResourceDefinitionCondition] listType=map keys=type
 observedGeneration int64
 storedVersions [string] listType=atomic
type CustomResourceDefinitionVersion
 additionalPrinterColumns [CustomResourceColumnDefinition] listType=atomic
 deprecated boolean
 deprecationWarning string
 name string required
 schema CustomResourceValidation
 selectableFields [SelectableField] listType=atomic
 served boolean required
 storage boolean required
 subresources CustomResourceSubresources
type CustomResourceSubresourceScale
 labelSelectorPath string
 specReplicasPath string required
 statusReplicasPath string required
type CustomResourceSubresourceStatus
type CustomResourceSubresources
 scale CustomResourceSubresourceScale
 status CustomResourceSubresourceStatus
type CustomResourceValidation
 openAPIV3Schema JSONSchemaProps
type ExternalDocumentation
 description string
 url string
type JSONSchemaProps
 $ref string
 $schema string
 additionalItems any
 additionalProperties any
 allOf [JSONSchemaProps] listType=atomic
 anyOf [JSONSchemaProps] listType=atomic
 default any
 definitions {JSONSchemaProps}
 dependencies {any}
 description string
 enum [any] listType=atomic
 example any
 exclusiveMaximum boolean
 exclusiveMinimum boolean
 externalDocs ExternalDocumentation
 format string
 id string
 items any
 maxItems int64
 maxLength int64
 maxProperties int64
 maximum number
 minItems int64
 minLength int64
 minProperties int64
 minimum number
 multipleOf number
 not JSONSchemaProps
 nullable boolean
 oneOf [JSONSchemaProps] listType=atomic
 pattern string
 patternProperties {JSONSchemaProps}
 properties {JSONSchemaProps}
 required [string] listType=atomic
 title string
 type string
 uniqueItems boolean
 x-kubernetes-embedded-resource boolean
 x-kubernetes-int-or-string boolean
 x-kubernetes-list-map-keys [string] listType=atomic
 x-kubernetes-list-type string
 x-kubernetes-map-type string
 x-kubernetes-preserve-unknown-fields boolean
 x-kubernetes-validations [ValidationRule] listType=map keys=rule patchKey=rule patchStrategy=merge
type SelectableField
 jsonPath string required
type ServiceReference
 name string required
 namespace string required
 path string
 port int32
type ValidationRule
 fieldPath string
 message string
 messageExpression string
 optionalOldSelf boolean
 reason string
 rule string required
type WebhookClientConfig
 caBundle bytes
 service ServiceReference
 url string
type WebhookConversion
 clientConfig WebhookClientConfig
 conversionReviewVersions [string] required listType=atomic
`;
