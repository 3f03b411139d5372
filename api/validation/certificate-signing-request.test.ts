import test from 'ava';
import type { WriteContext } from '../resource.ts';
import { certificateSigningRequests as requests } from '../resources.ts';
import { checkCases, draftOf, type Loose } from './testing.ts';

/** A sequence of two sequences and a bit string, all empty: what rules look at. */
const der = btoa(String.fromCharCode(0x30, 6, 0x30, 0, 0x30, 0, 0x03, 0));
const pem = (label: string, body = der) =>
  btoa(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`);
const request = pem('CERTIFICATE REQUEST');
const spec = { request, signerName: 'example.com/a', usages: ['client auth'] };
const condition = (type: string, more: Loose = {}) => ({ type, status: 'True', ...more });
const withStatus = (status: Loose) => ({ spec, status });

test(
  'signing requests: the request, its use and its signer',
  checkCases(requests, {
    'a request': { object: { spec }, want: [] },
    'no request': {
      object: { spec: { ...spec, request: btoa('x') } },
      want: ['spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST'],
    },
    'another block': {
      object: { spec: { ...spec, request: pem('CERTIFICATE') } },
      want: [
        `spec.request: Invalid value: "${pem('CERTIFICATE')}": PEM block type must be CERTIFICATE REQUEST`,
      ],
    },
    usages: {
      object: { spec: { ...spec, usages: [] } },
      want: ['spec.usages: Required value'],
    },
    'the same usage twice, for a moment': {
      object: { spec: { ...spec, usages: ['any', 'any'], expirationSeconds: 60 } },
      want: [
        'spec.usages[1]: Duplicate value: "any"',
        'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)',
      ],
    },
    'the old signer': {
      object: { spec: { ...spec, signerName: 'kubernetes.io/legacy-unknown' } },
      want: [
        'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
      ],
    },
    'no path': {
      object: { spec: { ...spec, signerName: 'example.com' } },
      want: [
        `spec.signerName: Invalid value: "example.com": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
      ],
    },
    'no domain': {
      object: { spec: { ...spec, signerName: 'example/a' } },
      want: [
        'spec.signerName: Invalid value: "example": should be a domain with at least two segments separated by dots',
      ],
    },
  }),
);

const path = 'status.conditions';

test(
  'signing requests: approval decides once',
  checkCases(requests, {
    approved: {
      object: withStatus({ conditions: [condition('Approved')] }),
      old: { spec },
      subresource: 'approval',
      want: [],
    },
    'approved and denied': {
      object: withStatus({ conditions: [condition('Approved'), condition('Denied')] }),
      old: { spec },
      subresource: 'approval',
      want: [
        `${path}[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive`,
      ],
    },
    'not quite': {
      object: withStatus({ conditions: [condition('Approved', { status: 'False' })] }),
      old: { spec },
      subresource: 'approval',
      want: [`${path}[0].status: Unsupported value: "False": supported values: "True"`],
    },
    'taken back': {
      object: withStatus({ conditions: [] }),
      old: withStatus({ conditions: [condition('Approved')] }),
      subresource: 'approval',
      want: [`${path}: Forbidden: updates may not remove a condition of type "Approved"`],
    },
    'by a signer': {
      object: withStatus({ conditions: [condition('Approved')] }),
      old: { spec },
      subresource: 'status',
      want: [`${path}: Forbidden: updates may not add a condition of type "Approved"`],
    },
    'a certificate with it': {
      object: withStatus({ certificate: pem('CERTIFICATE') }),
      old: { spec },
      subresource: 'approval',
      want: ['status.certificate: Forbidden: updates may not set certificate content'],
    },
  }),
);

test(
  'signing requests: the status hands out one certificate',
  checkCases(requests, {
    one: {
      object: withStatus({ certificate: pem('CERTIFICATE') }),
      old: { spec },
      subresource: 'status',
      want: [],
    },
    another: {
      object: withStatus({ certificate: btoa(atob(pem('CERTIFICATE')).repeat(2)) }),
      old: withStatus({ certificate: pem('CERTIFICATE') }),
      subresource: 'status',
      want: ['status.certificate: Forbidden: updates may not modify existing certificate content'],
    },
    'a key': {
      object: withStatus({ certificate: pem('PRIVATE KEY') }),
      old: { spec },
      subresource: 'status',
      want: [
        'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"',
      ],
    },
    'nothing of the kind': {
      object: withStatus({ certificate: btoa('x') }),
      old: { spec },
      subresource: 'status',
      want: [
        'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
      ],
    },
  }),
);

const context: WriteContext = {
  user: { name: 'jane', groups: ['dev'], extra: { scopes: ['a'] } },
  now: Date.parse('2026-01-01T00:00:00Z'),
  subresource: '',
};

test('a request is of whoever sends it, whoever it says it is of', (t) => {
  const draft = draftOf(requests, {
    spec: { ...spec, username: 'root', groups: ['system:masters'] },
  });
  draft.status = { conditions: [condition('Approved')] };
  requests.prepareCreate?.(draft, context);
  const { username, groups, extra, uid } = draft.spec;
  t.deepEqual(
    { username, groups, extra, uid },
    {
      username: 'jane',
      groups: ['dev'],
      extra: { scopes: ['a'] },
      uid: undefined,
    },
  );
  t.deepEqual(draft.status, {});
});

test('each path writes its own part of a request', (t) => {
  const old = draftOf(requests, withStatus({ certificate: pem('CERTIFICATE') }));
  const change = (subresource: string) => {
    const status = { certificate: 'eA==', conditions: [condition('Approved')] };
    const draft = draftOf(requests, { spec: { ...spec, username: 'root' }, status });
    requests.prepareUpdate?.(draft, old, { ...context, subresource });
    return draft;
  };
  for (const each of ['', 'approval', 'status']) t.deepEqual(change(each).spec, old.spec);
  const time = '2026-01-01T00:00:00Z';
  t.deepEqual(change('approval').status, {
    certificate: pem('CERTIFICATE'),
    conditions: [condition('Approved', { lastTransitionTime: time, lastUpdateTime: time })],
  });
  t.is(change('status').status?.certificate, 'eA==');
});
