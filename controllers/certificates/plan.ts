/** Who gets a certificate of whom, and which requests are over. Pure. */
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../../api/types/certificates-v1.generated.ts';

/** What of a request the rules look at. */
export interface Asked {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

type Usages = readonly string[];

/** A sentence that says why not; undefined if it may be signed. */
type Rule = (asked: Asked, usages: Usages) => string | undefined;

const clientUsages = {
  needed: ['client auth'],
  allowed: ['digital signature', 'key encipherment'],
};
const kubeletClientUsages = {
  needed: ['digital signature', 'client auth'],
  allowed: ['key encipherment'],
};
const kubeletServerUsages = {
  needed: ['digital signature', 'server auth'],
  allowed: ['key encipherment'],
};

const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';

/** The signers that are ours. */
export const signers: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['kubernetes.io/kube-apiserver-client', (_, usages) => checkUsages(usages, clientUsages)],
  [kubeletClientSigner, checkKubeletClient],
  ['kubernetes.io/kubelet-serving', checkKubeletServer],
  ['kubernetes.io/legacy-unknown', () => undefined],
]);

interface Wanted {
  readonly needed: Usages;
  readonly allowed: Usages;
}

function checkUsages(usages: Usages, { needed, allowed }: Wanted): string | undefined {
  const isRight =
    needed.every((each) => usages.includes(each)) &&
    usages.every((each) => needed.includes(each) || allowed.includes(each));
  return isRight
    ? undefined
    : `usages did not match expected: [${[...needed, ...allowed].join(' ')}]`;
}

function checkNode({ commonName, organizations }: Asked): string | undefined {
  if (organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  if (commonName.startsWith('system:node:')) return undefined;
  return 'subject common name does not begin with system:node: ';
}

const notAllowed = (what: string, list: readonly string[]) =>
  list.length > 0 ? `${what} subjectAltNames are not allowed` : undefined;

function checkKubeletClient(asked: Asked, usages: Usages): string | undefined {
  return (
    checkNode(asked) ??
    notAllowed('DNS', asked.dnsNames) ??
    notAllowed('Email', asked.emails) ??
    notAllowed('IP', asked.addresses) ??
    notAllowed('URI', asked.uris) ??
    checkUsages(usages, kubeletClientUsages)
  );
}

function checkKubeletServer(asked: Asked, usages: Usages): string | undefined {
  const isBare = asked.dnsNames.length + asked.addresses.length === 0;
  return (
    checkNode(asked) ??
    (isBare ? 'DNS or IP subjectAltName is required' : undefined) ??
    notAllowed('Email', asked.emails) ??
    notAllowed('URI', asked.uris) ??
    checkUsages(usages, kubeletServerUsages)
  );
}

export interface Approval {
  /** The subresource of certificatesigningrequests that who asked must be allowed to create. */
  readonly permission: 'selfnodeclient' | 'nodeclient';
  readonly message: string;
}

/** As whose request it may be approved by itself, the narrower right first. */
export function planApproval(request: CertificateSigningRequest, asked: Asked): Approval[] {
  const { signerName, usages = [], username } = request.spec;
  if (signerName !== kubeletClientSigner || checkKubeletClient(asked, usages)) return [];
  const approve = (permission: Approval['permission'], what: string): Approval => ({
    permission,
    message: `Auto approving ${what} certificate after SubjectAccessReview.`,
  });
  return [
    ...(username === asked.commonName ? [approve('selfnodeclient', 'self kubelet client')] : []),
    approve('nodeclient', 'kubelet client'),
  ];
}

export const conditionOf = (
  { status }: CertificateSigningRequest,
  type: string,
): CertificateSigningRequestCondition | undefined =>
  status?.conditions?.find((each) => each.type === type && each.status === 'True');

export const isUndecided = (request: CertificateSigningRequest): boolean =>
  !request.status?.certificate &&
  !conditionOf(request, 'Approved') &&
  !conditionOf(request, 'Denied');

/** Whether our signer has something to do. */
export const isToSign = (request: CertificateSigningRequest): boolean =>
  signers.has(request.spec.signerName) &&
  conditionOf(request, 'Approved') !== undefined &&
  !conditionOf(request, 'Denied') &&
  !conditionOf(request, 'Failed') &&
  !request.status?.certificate;

const hourMs = 3_600_000;
const decidedMs = hourMs;
const pendingMs = 24 * hourMs;

/**
 * When a request goes, in milliseconds from now; 0: it is time. `expiresMs`: when the certificate
 * that it got ends.
 */
export function goesInMs(
  request: CertificateSigningRequest,
  expiresMs: number | undefined,
  nowMs: number,
): number {
  const after = (time: string | undefined, ms: number) => (Date.parse(time ?? '') || 0) + ms;
  const ends: number[] = expiresMs === undefined ? [] : [expiresMs];
  for (const type of ['Denied', 'Failed']) {
    const condition = conditionOf(request, type);
    if (condition) ends.push(after(condition.lastUpdateTime, decidedMs));
  }
  const approved = conditionOf(request, 'Approved');
  if (approved && request.status?.certificate) {
    ends.push(after(approved.lastUpdateTime, decidedMs));
  }
  // Nobody has decided, or nobody has signed.
  if (ends.length === 0) ends.push(after(request.metadata?.creationTimestamp, pendingMs));
  return Math.max(0, Math.min(...ends) - nowMs);
}

const dayMs = 24 * hourMs;
const backdateMs = 300_000;
const shortMs = 8 * hourMs;

export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** As long as is asked for, not longer than the signer grants nor than the CA itself lasts. */
export function planValidity(
  expirationSeconds: number | undefined,
  { nowMs, longestMs, caEndMs }: { nowMs: number; longestMs: number; caEndMs: number },
): Validity {
  const askedMs = expirationSeconds === undefined ? longestMs : expirationSeconds * 1000;
  const spanMs = Math.max(600_000, Math.min(askedMs, longestMs));
  // Clocks differ. What is short is asked for by somebody who counts.
  const fromMs = nowMs - backdateMs;
  const untilMs = spanMs < shortMs ? nowMs + spanMs : fromMs + spanMs;
  return { fromMs, untilMs: Math.min(untilMs, caEndMs) };
}

export const defaultDurationMs = 365 * dayMs;

/** `8760h`, `1h30m0s` → milliseconds. @throws Error for what is none, or no time at all */
export function parseDuration(text: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] =
    /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text) ?? [];
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  if (ms === 0) throw new Error(`no duration: ${text}`);
  return ms;
}
