import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
} from '../types/certificates-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  requiredValue,
  tooLongValue,
  unsupportedValue,
} from './cause.ts';
import { validateMetadata } from './metadata.ts';
import { decodeText, isSignedSequence, parsePem } from './pem.ts';
import { isSame } from './same.ts';

type Request = CertificateSigningRequest;

/** What may be done where: /approval decides, /status hands out the certificate. */
export function validateCertificateSigningRequest(
  object: Request,
  old: Request | undefined,
  subresource = '',
): StatusCause[] {
  const conditions = object.status?.conditions ?? [];
  return [
    // Upstream does not care what a request is called.
    ...validateMetadata(object, old, { namespaced: false, name: () => [] }),
    ...(object.spec ? checkSpec(object.spec, 'spec') : []),
    ...checkConditions(conditions, 'status.conditions'),
    ...checkCertificate(object.status?.certificate),
    ...(old ? checkUpdate(object, old, subresource) : []),
  ];
}

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

const secondsMin = 600;

function checkSpec(spec: CertificateSigningRequestSpec, path: string): StatusCause[] {
  const { request, usages: wanted = [], signerName, expirationSeconds: seconds } = spec;
  const causes: StatusCause[] = [];
  const problem = request === undefined ? undefined : requestProblem(request);
  if (problem) causes.push(invalidValue(`${path}.request`, request, problem));
  if (wanted.length === 0) causes.push(requiredValue(`${path}.usages`));
  for (const [index, usage] of wanted.entries()) {
    const at = `${path}.usages[${index}]`;
    if (!usages.includes(usage)) causes.push(unsupportedValue(at, usage, usages));
    if (wanted.indexOf(usage) < index) causes.push(duplicateValue(at, usage));
  }
  causes.push(...checkSigner(signerName, `${path}.signerName`));
  if (seconds !== undefined && seconds < secondsMin) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    causes.push(invalidValue(`${path}.expirationSeconds`, seconds, detail));
  }
  return causes;
}

function requestProblem(request: string): string | undefined {
  const [block] = parsePem(decodeText(request));
  if (block?.label !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return isSignedSequence(block.bytes) ? undefined : 'asn1: structure error: malformed request';
}

const domainBytesMax = 253;
const nameBytesMax = 253 + 1 + 253 + 1 + 63;

/** `example.com/name`, where the name may again have dots. */
export function checkSigner(name: string | undefined, path: string): StatusCause[] {
  if (name === undefined) return [];
  if (name === '') return [requiredValue(path)];
  if (name === 'kubernetes.io/legacy-unknown') {
    const detail = 'the legacy signerName is not allowed via this API version';
    return [invalidValue(path, name, detail)];
  }
  const [domain = '', rest, ...more] = name.split('/');
  if (rest === undefined || more.length > 0) {
    const detail =
      "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalidValue(path, name, detail)];
  }
  const causes = domain.length > domainBytesMax ? [tooLongValue(path, domainBytesMax)] : [];
  const labels = domain.split('.');
  const refuse = (text: string, problems: string[], label: string) =>
    causes.push(
      ...problems.map((each) => invalidValue(path, text, `validating label "${label}": ${each}`)),
    );
  for (const label of labels) refuse(domain, isDns1123Label(label), label);
  if (labels.length < 2) {
    const detail = 'should be a domain with at least two segments separated by dots';
    causes.push(invalidValue(path, domain, detail));
  }
  for (const label of rest.split('.')) refuse(rest, isDns1123Subdomain(label), label);
  if (name.length > nameBytesMax) causes.push(tooLongValue(path, nameBytesMax));
  return causes;
}

/** Once said, these stay; only approval may say them. */
const decisions = ['Approved', 'Denied'];
const lasting = [...decisions, 'Failed'];

function checkConditions(conditions: readonly CertificateSigningRequestCondition[], path: string) {
  const causes: StatusCause[] = [];
  for (const [index, { type, status }] of conditions.entries()) {
    const at = `${path}[${index}]`;
    const before = conditions.slice(0, index).map((each) => each.type);
    if (!type) causes.push(requiredValue(`${at}.type`));
    const choices = lasting.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (!status) causes.push(requiredValue(`${at}.status`));
    else if (!choices.includes(status)) {
      causes.push(unsupportedValue(`${at}.status`, status, choices));
    }
    const other = decisions.find((each) => decisions.includes(type) && each !== type);
    if (other && before.includes(other)) {
      const detail = 'Approved and Denied conditions are mutually exclusive';
      causes.push(invalidValue(`${at}.type`, type, detail));
    }
    if (before.includes(type)) causes.push(duplicateValue(`${at}.type`, type));
  }
  return causes;
}

function checkCertificate(certificate: string | undefined): StatusCause[] {
  if (!certificate) return [];
  const blocks = parsePem(decodeText(certificate));
  const refuse = (detail: string) => [
    invalidValue('status.certificate', '<certificate data>', detail),
  ];
  const other = blocks.find(({ label }) => label !== 'CERTIFICATE');
  if (other) return refuse(`only CERTIFICATE PEM blocks are allowed, found "${other.label}"`);
  if (blocks.some(({ hasHeaders }) => hasHeaders)) {
    return refuse('no PEM block headers are permitted');
  }
  if (!blocks.every(({ bytes }) => isSignedSequence(bytes))) {
    return refuse('x509: malformed certificate');
  }
  return blocks.length > 0 ? [] : refuse('must contain at least one CERTIFICATE PEM block');
}

function checkUpdate(object: Request, old: Request, subresource: string): StatusCause[] {
  const path = 'status.conditions';
  const causes: StatusCause[] = [];
  for (const type of lasting) {
    const [before, after] = [conditionsOf(old, type), conditionsOf(object, type)];
    const forbid = (what: string) =>
      causes.push(forbiddenValue(path, `updates may not ${what} a condition of type "${type}"`));
    if (after.length < before.length) forbid('remove');
    else if (subresource === 'approval' || !decisions.includes(type)) continue;
    else if (after.length > before.length) forbid('add');
    else if (!isSame(before, after)) forbid('modify');
  }
  const [before = '', after = ''] = [old.status?.certificate, object.status?.certificate];
  if (before === after) return causes;
  const isSigning = subresource === 'status';
  const detail = isSigning
    ? 'updates may not modify existing certificate content'
    : 'updates may not set certificate content';
  return isSigning && before === ''
    ? causes
    : [...causes, forbiddenValue('status.certificate', detail)];
}

const conditionsOf = ({ status }: Request, type: string) =>
  (status?.conditions ?? []).filter((each) => each.type === type);
