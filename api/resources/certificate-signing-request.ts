import { toTime } from '../../base/clock.ts';
import { ageColumn, column, nameColumn, none } from '../columns.ts';
import { formatDuration } from '../duration.ts';
import type { Resource, WriteContext } from '../resource.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../types/certificates-v1.generated.ts';
import { validateCertificateSigningRequest } from '../validation/certificate-signing-request.ts';
import { allVerbs, statusOf } from './verbs.ts';

type Request = CertificateSigningRequest;

const kind = 'CertificateSigningRequest';

export const certificateSigningRequests: Resource<Request> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind,
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  namespaced: false,
  verbs: allVerbs,
  subresources: [{ ...statusOf(kind), name: 'approval' }, statusOf(kind)],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', 'Who is asked to sign.', ({ spec }) => spec.signerName || none),
    column('Requestor', 'Who asks.', ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', 'How long it shall be valid.', ({ spec }) =>
      spec.expirationSeconds === undefined ? none : formatDuration(spec.expirationSeconds * 1000),
    ),
    column('Condition', 'What became of it.', conditionCell),
  ],
  fields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  validate: validateCertificateSigningRequest,
  prepareCreate: (draft, { user }) => {
    const { username: _, uid: __, groups: ___, extra: ____, ...asked } = draft.spec ?? {};
    draft.spec = { ...(asked as Request['spec']), ...identityOf(user) };
    draft.status = {};
  },
  prepareUpdate: (draft, old, context) => {
    draft.spec = structuredClone(old.spec);
    if (context.subresource === '') return;
    if (context.subresource === 'status') keepDecisions(draft, old);
    else draft.status = { ...structuredClone(old.status), conditions: conditionsOf(draft) };
    stampConditions(conditionsOf(draft), conditionsOf(old), context.now);
  },
};

const conditionsOf = ({ status }: Request) => status?.conditions ?? [];

/** Who asked is what signers go by, so nobody can say it but the server. */
const identityOf = ({ name, uid, groups, extra }: WriteContext['user']) => ({
  username: name,
  ...(uid && { uid }),
  ...(groups.length > 0 && { groups: [...groups] }),
  ...(extra && Object.keys(extra).length > 0 && { extra: structuredClone(extra) as Extra }),
});

type Extra = Record<string, string[]>;

function conditionCell({ status }: Request): string {
  const has = (type: string) => status?.conditions?.some((each) => each.type === type) ?? false;
  const words = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'];
  if (has('Failed')) words.push('Failed');
  if (status?.certificate) words.push('Issued');
  return words.join(',');
}

/** A signer that writes the status has no word on decisions: they stay as they are. */
function keepDecisions(draft: Request, old: Request): void {
  const conditions = conditionsOf(draft);
  for (const [index, { type }] of conditions.entries()) {
    if (type !== 'Approved' && type !== 'Denied') continue;
    const same = conditionsOf(old).find((each) => each.type === type);
    if (same) conditions[index] = structuredClone(same);
  }
}

function stampConditions(
  conditions: CertificateSigningRequestCondition[],
  before: readonly CertificateSigningRequestCondition[],
  now: number,
): void {
  for (const condition of conditions) {
    const { type, status } = condition;
    const same = before.find((each) => each.type === type && each.status === status);
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? toTime(now);
    condition.lastUpdateTime ??= toTime(now);
  }
}
