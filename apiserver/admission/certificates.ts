/** CertificateApproval, CertificateSigning, CertificateSubjectRestriction: who may use a signer. */
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.generated.ts';
import { messageOf } from '../../base/errors.ts';
import { subjectOfRequest } from '../authentication/certificate-request.ts';
import type { Authorizer } from '../authorization/authorize.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../request.ts';
import { isEqual } from '../write/equality.ts';
import { forbidden, isFor } from './refusal.ts';

const group = 'certificates.k8s.io';
const isRequest = (request: AdmissionRequest, subresource: string) =>
  isFor(request, group, 'certificatesigningrequests', subresource);

interface Options {
  readonly authorize?: Authorizer;
}

export const createCertificateApproval = ({ authorize }: Options): AdmissionPlugin => ({
  name: 'CertificateApproval',
  validate(request) {
    if (request.operation !== 'UPDATE' || !isRequest(request, 'approval')) return undefined;
    const signer = signerOf(request);
    if (mayUse(request, { authorize, verb: 'approve', signer })) return undefined;
    const why = `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`;
    throw forbidden(request, why);
  },
});

export const createCertificateSigning = ({ authorize }: Options): AdmissionPlugin => ({
  name: 'CertificateSigning',
  validate(request) {
    if (request.operation !== 'UPDATE' || !isRequest(request, 'status')) return undefined;
    const [now, before] = [request.object, request.old] as CertificateSigningRequest[];
    const isSame =
      now?.status?.certificate === before?.status?.certificate &&
      isEqual(now?.status?.conditions ?? [], before?.status?.conditions ?? []);
    const signer = signerOf(request);
    if (isSame || mayUse(request, { authorize, verb: 'sign', signer })) return undefined;
    const why = `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`;
    throw forbidden(request, why);
  },
});

const clientSigner = 'kubernetes.io/kube-apiserver-client';

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(request) {
    if (request.operation !== 'CREATE' || !isRequest(request, '')) return undefined;
    const { spec } = request.object as CertificateSigningRequest;
    if (spec.signerName !== clientSigner) return undefined;
    if (!readSubject(request, spec.request).organizations.includes('system:masters')) {
      return undefined;
    }
    const why = `use of ${clientSigner} signer with system:masters group is not allowed`;
    throw forbidden(request, why);
  },
};

/** @throws StatusError Forbidden */
function readSubject(request: AdmissionRequest, text: string) {
  try {
    return subjectOfRequest(text);
  } catch (error) {
    throw forbidden(request, `failed to parse CSR: ${messageOf(error)}`);
  }
}

/** Nobody can change it, so that the old one's counts. */
const signerOf = ({ old }: AdmissionRequest) =>
  (old as CertificateSigningRequest | undefined)?.spec.signerName ?? '';

interface Use extends Options {
  readonly verb: 'approve' | 'sign';
  readonly signer: string;
}

/** By the right on the signer itself, or on all of its domain. */
function mayUse({ user }: AdmissionRequest, { authorize, verb, signer }: Use): boolean {
  const names = [signer, `${signer.split('/', 1)[0]}/*`];
  const target = { group, resource: 'signers', subresource: '', namespace: '' };
  return names.some(
    (name) => authorize?.(user, { isResource: true, path: '', verb, name, ...target }).allowed,
  );
}
