import 'reflect-metadata';
import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import test from 'ava';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.generated.ts';
import { generateKey, issueCertificate, privateKeyPem } from '../../cli/pki/certificate.ts';
import { issueFor, readAuthority } from './issue.ts';
import { goesInMs, isToSign, isUndecided, planApproval, planValidity, signers } from './plan.ts';
import { parseRequest } from './request.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const hourMs = 3_600_000;

x509.cryptoProvider.set(webcrypto as never);

const algorithms = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
};

interface Asking {
  readonly subject: string;
  readonly names?: x509.JsonGeneralNames;
  readonly algorithm?: keyof typeof algorithms;
}

/** In base64, as a CertificateSigningRequest has it. */
async function requestFor({ subject, names, algorithm = 'ec' }: Asking): Promise<string> {
  const signingAlgorithm = algorithms[algorithm];
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys: keys as never,
    signingAlgorithm,
    extensions: names ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  });
  return Buffer.from(request.toString('pem')).toString('base64');
}

const node = 'O=system:nodes, CN=system:node:one';
const names: x509.JsonGeneralNames = [
  { type: 'dns', value: 'one.example' },
  { type: 'ip', value: '10.0.0.7' },
  { type: 'ip', value: 'fd00::7' },
];

test('parseRequest reads whom and what a certificate is for', async (t) => {
  for (const algorithm of ['ec', 'rsa'] as const) {
    const asked = parseRequest(await requestFor({ subject: node, names, algorithm }));
    t.is(asked.commonName, 'system:node:one');
    t.deepEqual(asked.organizations, ['system:nodes']);
    t.deepEqual(asked.dnsNames, ['one.example']);
    t.deepEqual(asked.addresses, ['10.0.0.7', 'fd00::7']);
  }
});

test('parseRequest refuses what is no request, and what another key signed', async (t) => {
  t.throws(() => parseRequest(Buffer.from('hello').toString('base64')));
  const pem = Buffer.from(await requestFor({ subject: node }), 'base64').toString();
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  der[der.indexOf('system:nodes')] = 'S'.charCodeAt(0);
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  t.throws(() => parseRequest(Buffer.from(forged).toString('base64')), {
    message: /not signed with its own key/,
  });
});

function authority() {
  const key = generateKey();
  const subject = { commonName: 'kubernetes', organizations: [] };
  const spec = { name: 'ca', subject, usage: 'ca', names: [], days: 3650 } as const;
  const certificate = issueCertificate(spec, { key, issuer: { subject, key }, now: nowMs });
  return { certificate, key: privateKeyPem(key.privateKey) };
}

test('issueFor gives what was asked for, signed by the CA', async (t) => {
  const ca = authority();
  const asked = parseRequest(await requestFor({ subject: node, names }));
  const validity = { fromMs: nowMs, untilMs: nowMs + hourMs };
  const usages = ['digital signature', 'key encipherment', 'server auth'];
  const pem = issueFor(asked, readAuthority(ca.certificate, ca.key), { usages, validity });
  const certificate = new X509Certificate(pem);
  const issuer = new X509Certificate(ca.certificate);
  t.true(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));
  t.false(certificate.ca);
  t.is(certificate.subject, 'O=system:nodes\nCN=system:node:one');
  t.is(certificate.validToDate.getTime(), nowMs + hourMs);
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  t.true(certificate.checkHost('one.example') !== undefined);
  t.true(certificate.checkIP('10.0.0.7') !== undefined);
  const { usages: bits } = new x509.X509Certificate(pem).getExtension(x509.KeyUsagesExtension)!;
  t.is(bits, x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment);
});

test('a key that is not the CA certificate’s is refused at once', (t) => {
  t.throws(() => readAuthority(authority().certificate, authority().key), {
    message: /does not belong/,
  });
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  t.throws(() => readAuthority(authority().certificate, key));
});

const plain = { dnsNames: [], addresses: [], emails: [], uris: [] };
const nodeAsked = { ...plain, commonName: 'system:node:one', organizations: ['system:nodes'] };
const clientUsages = ['digital signature', 'key encipherment', 'client auth'];
const serverUsages = ['digital signature', 'server auth'];

const rules: readonly (readonly [string, string, object, readonly string[], RegExp | undefined])[] =
  [
    ['a user', 'kube-apiserver-client', { commonName: 'jane' }, clientUsages, undefined],
    ['a user that would serve', 'kube-apiserver-client', {}, serverUsages, /usages did not match/],
    ['a node', 'kube-apiserver-client-kubelet', {}, clientUsages, undefined],
    [
      'a node by another name',
      'kube-apiserver-client-kubelet',
      { commonName: 'one' },
      clientUsages,
      /does not begin with system:node:/,
    ],
    [
      'a node with a name for TLS',
      'kube-apiserver-client-kubelet',
      { dnsNames: ['a'] },
      clientUsages,
      /DNS subjectAltNames are not allowed/,
    ],
    ['a kubelet', 'kubelet-serving', { addresses: ['10.0.0.7'] }, serverUsages, undefined],
    ['a kubelet nowhere', 'kubelet-serving', {}, serverUsages, /IP subjectAltName is required/],
    [
      'a kubelet of no node',
      'kubelet-serving',
      { organizations: ['system:masters'] },
      serverUsages,
      /organization is not system:nodes/,
    ],
  ];

for (const [name, signer, asked, usages, problem] of rules) {
  test(`${signer} ${problem ? 'refuses' : 'signs for'} ${name}`, (t) => {
    const found = signers.get(`kubernetes.io/${signer}`)?.({ ...nodeAsked, ...asked }, usages);
    if (problem) t.regex(found ?? '', problem);
    else t.is(found, undefined);
  });
}

const csr = (
  status: CertificateSigningRequest['status'] = {},
  spec: Partial<CertificateSigningRequest['spec']> = {},
): CertificateSigningRequest => ({
  metadata: { name: 'csr', creationTimestamp: '2026-01-01T11:00:00Z' },
  spec: {
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    request: '',
    usages: clientUsages,
    ...spec,
  },
  status,
});

const said = (type: string, lastUpdateTime = '2026-01-01T11:30:00Z') => ({
  type,
  status: 'True',
  lastUpdateTime,
});

test('planApproval: a node for itself, a bootstrap token for a node, nobody else', (t) => {
  const ways = (spec: Partial<CertificateSigningRequest['spec']>) =>
    planApproval(csr({}, spec), nodeAsked).map(({ permission }) => permission);
  t.deepEqual(ways({ username: 'system:node:one' }), ['selfnodeclient', 'nodeclient']);
  t.deepEqual(ways({ username: 'system:bootstrap:abcdef' }), ['nodeclient']);
  t.deepEqual(ways({ usages: serverUsages }), []);
  t.deepEqual(ways({ signerName: 'kubernetes.io/kubelet-serving' }), []);
});

test('what is decided is left alone, what is approved is signed once', (t) => {
  t.true(isUndecided(csr()));
  t.false(isUndecided(csr({ conditions: [said('Denied')] })));
  t.false(isToSign(csr()));
  t.true(isToSign(csr({ conditions: [said('Approved')] })));
  t.false(isToSign(csr({ conditions: [said('Approved')], certificate: 'x' })));
  t.false(isToSign(csr({ conditions: [said('Approved'), said('Failed')] })));
  t.false(isToSign(csr({ conditions: [said('Approved')] }, { signerName: 'example.com/ours' })));
});

test('goesInMs: an hour after the decision, a day without one, at the end of the certificate', (t) => {
  const minutes = (request: CertificateSigningRequest, expiresMs?: number) =>
    goesInMs(request, expiresMs, nowMs) / 60_000;
  t.is(minutes(csr()), 23 * 60);
  t.is(minutes(csr({ conditions: [said('Denied')] })), 30);
  t.is(minutes(csr({ conditions: [said('Failed', '2026-01-01T10:00:00Z')] })), 0);
  t.is(minutes(csr({ conditions: [said('Approved')] })), 23 * 60, 'approved, nobody signs');
  t.is(minutes(csr({ conditions: [said('Approved')], certificate: 'x' })), 30);
  t.is(minutes(csr({ conditions: [said('Approved')], certificate: 'x' }), nowMs), 0);
});

test('planValidity: as asked for, within what the signer and the CA grant', (t) => {
  const hours = (seconds: number | undefined, caHours = 10_000) => {
    const limits = { nowMs, longestMs: 100 * hourMs, caEndMs: nowMs + caHours * hourMs };
    return Math.round((planValidity(seconds, limits).untilMs - nowMs) / hourMs);
  };
  t.is(hours(undefined), 100);
  t.is(hours(3600), 1);
  t.is(hours(3600 * 1000), 100);
  t.is(hours(3600 * 50, 20), 20);
});
