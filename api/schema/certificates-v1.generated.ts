// Made by scripts/import-openapi.ts. Grammar: api/schema.ts.
export const text = `
package io.k8s.api.certificates.v1 v1 certificates.k8s.io
type CertificateSigningRequest kind
 apiVersion string
 kind string
 metadata meta-v1.ObjectMeta held
 spec CertificateSigningRequestSpec required held
 status CertificateSigningRequestStatus held
type CertificateSigningRequestCondition
 lastTransitionTime Time
 lastUpdateTime Time
 message string
 reason string
 status string required
 type string required
type CertificateSigningRequestList kind
 apiVersion string
 items [CertificateSigningRequest] required
 kind string
 metadata meta-v1.ListMeta held
type CertificateSigningRequestSpec
 expirationSeconds int32
 extra {[string]}
 groups [string] listType=atomic
 request bytes required
 signerName string required
 uid string
 usages [string] listType=atomic
 username string
type CertificateSigningRequestStatus
 certificate bytes
 conditions [CertificateSigningRequestCondition] listType=map keys=type
`;
