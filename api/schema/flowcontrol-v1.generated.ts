// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.flowcontrol.v1 v1 flowcontrol.apiserver.k8s.io
type ExemptPriorityLevelConfiguration
 lendablePercent int32
 nominalConcurrencyShares int32
type FlowDistinguisherMethod
 type string required
type FlowSchema kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec FlowSchemaSpec held
 status FlowSchemaStatus held
type FlowSchemaCondition
 lastTransitionTime Time
 message string
 reason string
 status string
 type string
type FlowSchemaList kind
 apiVersion string
 items [FlowSchema] required
 kind string
 metadata meta-v1.ListMeta held
type FlowSchemaSpec
 distinguisherMethod FlowDistinguisherMethod
 matchingPrecedence int32
 priorityLevelConfiguration PriorityLevelConfigurationReference required held
 rules [PolicyRulesWithSubjects] listType=atomic
type FlowSchemaStatus
 conditions [FlowSchemaCondition] listType=map keys=type patchKey=type patchStrategy=merge
type GroupSubject
 name string required
type LimitResponse union=type/queuing:Queuing
 queuing QueuingConfiguration
 type string required
type LimitedPriorityLevelConfiguration
 borrowingLimitPercent int32
 lendablePercent int32
 limitResponse LimitResponse held
 nominalConcurrencyShares int32
type NonResourcePolicyRule
 nonResourceURLs [string] required listType=set
 verbs [string] required listType=set
type PolicyRulesWithSubjects
 nonResourceRules [NonResourcePolicyRule] listType=atomic
 resourceRules [ResourcePolicyRule] listType=atomic
 subjects [Subject] required listType=atomic
type PriorityLevelConfiguration kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec PriorityLevelConfigurationSpec held
 status PriorityLevelConfigurationStatus held
type PriorityLevelConfigurationCondition
 lastTransitionTime Time
 message string
 reason string
 status string
 type string
type PriorityLevelConfigurationList kind
 apiVersion string
 items [PriorityLevelConfiguration] required
 kind string
 metadata meta-v1.ListMeta held
type PriorityLevelConfigurationReference
 name string required
type PriorityLevelConfigurationSpec union=type/exempt:Exempt,limited:Limited
 exempt ExemptPriorityLevelConfiguration
 limited LimitedPriorityLevelConfiguration
 type string required
type PriorityLevelConfigurationStatus
 conditions [PriorityLevelConfigurationCondition] listType=map keys=type patchKey=type patchStrategy=merge
type QueuingConfiguration
 handSize int32
 queueLengthLimit int32
 queues int32
type ResourcePolicyRule
 apiGroups [string] required listType=set
 clusterScope boolean
 namespaces [string] listType=set
 resources [string] required listType=set
 verbs [string] required listType=set
type ServiceAccountSubject
 name string required
 namespace string required
type Subject union=kind/group:Group,serviceAccount:ServiceAccount,user:User
 group GroupSubject
 kind string required
 serviceAccount ServiceAccountSubject
 user UserSubject
type UserSubject
 name string required
`;
