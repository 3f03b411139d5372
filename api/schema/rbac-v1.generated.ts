// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.rbac.v1 v1 rbac.authorization.k8s.io
type AggregationRule
 clusterRoleSelectors [meta-v1.LabelSelector] listType=atomic
type ClusterRole kind
 aggregationRule AggregationRule
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 rules [PolicyRule] listType=atomic
type ClusterRoleBinding kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 roleRef RoleRef required held
 subjects [Subject] listType=atomic
type ClusterRoleBindingList kind
 apiVersion string
 items [ClusterRoleBinding] required
 kind string
 metadata meta-v1.ListMeta held
type ClusterRoleList kind
 apiVersion string
 items [ClusterRole] required
 kind string
 metadata meta-v1.ListMeta held
type PolicyRule
 apiGroups [string] listType=atomic
 nonResourceURLs [string] listType=atomic
 resourceNames [string] listType=atomic
 resources [string] listType=atomic
 verbs [string] required listType=atomic
type Role kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 rules [PolicyRule] listType=atomic
type RoleBinding kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 roleRef RoleRef required held
 subjects [Subject] listType=atomic
type RoleBindingList kind
 apiVersion string
 items [RoleBinding] required
 kind string
 metadata meta-v1.ListMeta held
type RoleList kind
 apiVersion string
 items [Role] required
 kind string
 metadata meta-v1.ListMeta held
type RoleRef mapType=atomic
 apiGroup string
 kind string required
 name string required
type Subject mapType=atomic
 apiGroup string
 kind string required
 name string required
 namespace string
`;
