// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.networking.v1 v1 networking.k8s.io
type HTTPIngressPath
 backend IngressBackend required held
 path string
 pathType string required enum=Exact|ImplementationSpecific|Prefix
type HTTPIngressRuleValue
 paths [HTTPIngressPath] required listType=atomic
type IPAddress kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec IPAddressSpec required held
type IPAddressList kind
 apiVersion string
 items [IPAddress] required
 kind string
 metadata meta-v1.ListMeta held
type IPAddressSpec
 parentRef ParentReference required
type IPBlock
 cidr string required
 except [string] listType=atomic
type Ingress kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec IngressSpec held
 status IngressStatus held
type IngressBackend
 resource core-v1.TypedLocalObjectReference
 service IngressServiceBackend
type IngressClass kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec IngressClassSpec held
type IngressClassList kind
 apiVersion string
 items [IngressClass] required
 kind string
 metadata meta-v1.ListMeta held
type IngressClassParametersReference
 apiGroup string
 kind string required
 name string required
 namespace string
 scope string enum=Cluster|Namespace
type IngressClassSpec
 controller string
 parameters IngressClassParametersReference
type IngressList kind
 apiVersion string
 items [Ingress] required
 kind string
 metadata meta-v1.ListMeta held
type IngressLoadBalancerIngress
 hostname string
 ip string
 ports [IngressPortStatus] listType=atomic
type IngressLoadBalancerStatus
 ingress [IngressLoadBalancerIngress] listType=atomic
type IngressPortStatus
 error string
 port int32 required
 protocol string required
type IngressRule
 host string
 http HTTPIngressRuleValue
type IngressServiceBackend
 name string required
 port ServiceBackendPort held
type IngressSpec
 defaultBackend IngressBackend
 ingressClassName string
 rules [IngressRule] listType=atomic
 tls [IngressTLS] listType=atomic
type IngressStatus
 loadBalancer IngressLoadBalancerStatus held
type IngressTLS
 hosts [string] listType=atomic
 secretName string
type NetworkPolicy kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec NetworkPolicySpec held
type NetworkPolicyEgressRule
 ports [NetworkPolicyPort] listType=atomic
 to [NetworkPolicyPeer] listType=atomic
type NetworkPolicyIngressRule
 from [NetworkPolicyPeer] listType=atomic
 ports [NetworkPolicyPort] listType=atomic
type NetworkPolicyList kind
 apiVersion string
 items [NetworkPolicy] required
 kind string
 metadata meta-v1.ListMeta held
type NetworkPolicyPeer
 ipBlock IPBlock
 namespaceSelector meta-v1.LabelSelector
 podSelector meta-v1.LabelSelector
type NetworkPolicyPort
 endPort int32
 port IntOrString
 protocol string
type NetworkPolicySpec
 egress [NetworkPolicyEgressRule] listType=atomic
 ingress [NetworkPolicyIngressRule] listType=atomic
 podSelector meta-v1.LabelSelector held
 policyTypes [string] listType=atomic
type ParentReference
 group string
 name string required
 namespace string
 resource string required
type ServiceBackendPort mapType=atomic
 name string
 number int32
type ServiceCIDR kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec ServiceCIDRSpec held
 status ServiceCIDRStatus held
type ServiceCIDRList kind
 apiVersion string
 items [ServiceCIDR] required
 kind string
 metadata meta-v1.ListMeta held
type ServiceCIDRSpec
 cidrs [string] listType=atomic
type ServiceCIDRStatus
 conditions [meta-v1.Condition] listType=map keys=type patchKey=type patchStrategy=merge
`;
