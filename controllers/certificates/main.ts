/** Certificates for who asks: approved, signed, and the requests cleared away. */
import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../api/resource.ts';
import { subjectAccessReviews } from '../../api/resources/reviews.ts';
import { certificateSigningRequests } from '../../api/resources.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { hasReason, messageOf } from '../../base/errors.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { type Authority, issueFor, readAuthority } from './issue.ts';
import {
  type Approval,
  defaultDurationMs,
  goesInMs,
  isToSign,
  isUndecided,
  planApproval,
  planValidity,
  signers,
} from './plan.ts';
import { type CertificateRequest, parseRequest } from './request.ts';

type Request = CertificateSigningRequest;

const watches = watching(certificateSigningRequests);

/** Lets nodes have the certificates that they join and live with. */
export const certificateApprover: Controller = {
  name: 'certificatesigningrequest-approving-controller',
  watches,
  start(context) {
    const { informers } = context;
    const reconciler = createReconciler('certificate-approver', context, async (key) => {
      const request = informers.of(certificateSigningRequests).get(key);
      if (request && isUndecided(request)) await approve(context, request);
    });
    informers.of(certificateSigningRequests).onChange((key, request) => {
      if (request && isUndecided(request)) reconciler.enqueue(key);
    });
  },
};

/** Signs what was approved, whoever approved it. */
export const certificateSigner: Controller = {
  name: 'certificatesigningrequest-signing-controller',
  watches,
  start(context) {
    const { informers, config, log } = context;
    if (!config.signing) {
      log.info('Signs no certificates: there is no --cluster-signing-cert-file');
      return;
    }
    const authority = readAuthority(config.signing.certificate, config.signing.key);
    const reconciler = createReconciler('certificate-signer', context, async (key) => {
      const request = informers.of(certificateSigningRequests).get(key);
      if (request && isToSign(request)) await signRequest(context, authority, request);
    });
    informers.of(certificateSigningRequests).onChange((key, request) => {
      if (request && isToSign(request)) reconciler.enqueue(key);
    });
  },
};

/** Requests are notes between two parties: once read, they go. */
export const certificateCleaner: Controller = {
  name: 'certificatesigningrequest-cleaner-controller',
  watches,
  start(context) {
    const { informers } = context;
    const reconciler = createReconciler('certificate-cleaner', context, async (key) => {
      const waitMs = await clean(context, key);
      if (waitMs !== undefined) reconciler.enqueueAfter(key, Math.min(waitMs, lookMsMax));
    });
    informers.of(certificateSigningRequests).onChange((key, request) => {
      if (request) reconciler.enqueue(key);
    });
  },
};

const lookMsMax = 3_600_000;

async function approve(context: Context, request: Request): Promise<void> {
  const asked = parseOrSay(context, request);
  const ways = asked ? planApproval(request, asked) : [];
  for (const way of ways) {
    if (!(await isAllowed(context, request, way))) continue;
    const condition = conditionNow(context, 'Approved', 'AutoApproved', way.message);
    const conditions = [...(request.status?.conditions ?? []), condition];
    const next = { ...request, status: { ...request.status, conditions } };
    await context.client.update(certificateSigningRequests, next, { subresource: 'approval' });
    return;
  }
}

async function isAllowed(
  { client }: Context,
  { spec }: Request,
  { permission }: Approval,
): Promise<boolean> {
  const { username, groups, uid, extra } = spec;
  const review = await client.create<KubeObject & { status?: { allowed?: boolean } }>(
    subjectAccessReviews as never,
    {
      spec: {
        ...{ user: username, groups, uid, extra },
        resourceAttributes: {
          group: 'certificates.k8s.io',
          resource: 'certificatesigningrequests',
          verb: 'create',
          subresource: permission,
        },
      },
    } as KubeObject,
  );
  return review.status?.allowed ?? false;
}

async function signRequest(context: Context, authority: Authority, request: Request) {
  const { usages = [], signerName, expirationSeconds } = request.spec;
  let asked: CertificateRequest;
  try {
    asked = parseRequest(request.spec.request);
  } catch (error) {
    await fail(context, request, `unable to parse csr: ${messageOf(error)}`);
    return;
  }
  const problem = signers.get(signerName)?.(asked, usages);
  if (problem) {
    await fail(context, request, problem);
    return;
  }
  const nowMs = context.clock.now();
  if (nowMs >= authority.endMs) throw new Error('refusing to sign: the signer has expired');
  const longestMs = context.config.signing?.durationMs ?? defaultDurationMs;
  const caEndMs = authority.endMs;
  const validity = planValidity(expirationSeconds, { nowMs, longestMs, caEndMs });
  const certificate = Buffer.from(issueFor(asked, authority, { usages, validity }));
  const status = { ...request.status, certificate: certificate.toString('base64') };
  const next = { ...request, status };
  await context.client.update(certificateSigningRequests, next, { subresource: 'status' });
}

/** It will never be signed: whoever waits learns why. */
async function fail(context: Context, request: Request, message: string): Promise<void> {
  const condition = conditionNow(context, 'Failed', 'SignerValidationFailure', message);
  const conditions = [...(request.status?.conditions ?? []), condition];
  const next = { ...request, status: { ...request.status, conditions } };
  await context.client.update(certificateSigningRequests, next, { subresource: 'status' });
}

function conditionNow({ clock }: Context, type: string, reason: string, message: string) {
  const now = toTime(clock.now());
  const times = { lastUpdateTime: now, lastTransitionTime: now };
  return { type, status: 'True', reason, message, ...times };
}

function parseOrSay({ log }: Context, request: Request): CertificateRequest | undefined {
  try {
    return parseRequest(request.spec.request);
  } catch (error) {
    log.debug('Cannot read request', { name: request.metadata?.name, error: messageOf(error) });
    return undefined;
  }
}

/** Returns when the request goes. */
async function clean(context: Context, key: string): Promise<number | undefined> {
  const { informers, client, clock } = context;
  const request = informers.of(certificateSigningRequests).get(key);
  if (!request) return undefined;
  const waitMs = goesInMs(request, expiryOf(request), clock.now());
  if (waitMs > 0) return waitMs;
  const { uid = '' } = request.metadata ?? {};
  try {
    await client.delete(certificateSigningRequests, { name: key }, { preconditions: { uid } });
  } catch (error) {
    if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
  }
  return undefined;
}

function expiryOf({ status }: Request): number | undefined {
  if (!status?.certificate) return undefined;
  try {
    return new X509Certificate(Buffer.from(status.certificate, 'base64')).validToDate.getTime();
  } catch {
    return undefined; // Another signer's business.
  }
}
