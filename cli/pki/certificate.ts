/** Issues X.509 certificates with P-256 keys (RFC 5280). */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import {
  bitString,
  boolean,
  context,
  integer,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from '../../base/der/write.ts';
import type { CertificateSpec, Subject } from './plan.ts';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface Issuer {
  readonly subject: Subject;
  readonly key: KeyPair;
}

export function generateKey(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

export const privateKeyPem = (key: KeyObject): string =>
  String(key.export({ type: 'pkcs8', format: 'pem' }));

export const publicKeyPem = (key: KeyObject): string =>
  String(key.export({ type: 'spki', format: 'pem' }));

/**
 * The certificate of `key` as PEM, signed by `issuer` (a CA signs its own).
 * It is valid from five minutes ago: clocks in a cluster are never quite the same.
 */
export function issueCertificate(
  spec: CertificateSpec,
  { key, issuer, now }: { key: KeyPair; issuer: Issuer; now: number },
): string {
  const body = sequence(
    context(0, true, integer(Buffer.of(2))), // Version 3.
    integer(serialNumber()),
    ecdsaWithSha256,
    distinguishedName(issuer.subject),
    sequence(time(now - clockSkewMs), time(now + spec.days * dayMs)),
    distinguishedName(spec.subject),
    key.publicKey.export({ type: 'spki', format: 'der' }),
    context(3, true, sequence(...extensions(spec, key, issuer))),
  );
  const signature = sign('sha256', body, issuer.key.privateKey);
  return pem(sequence(body, ecdsaWithSha256, bitString(signature)));
}

const dayMs = 86_400_000;
const clockSkewMs = 300_000;

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** 127 random bits: positive, and never zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function distinguishedName({ commonName, organizations }: Subject): Buffer {
  return sequence(
    ...organizations.map((name) => attribute('2.5.4.10', name)),
    attribute('2.5.4.3', commonName),
  );
}

const attribute = (type: string, value: string) =>
  set(sequence(objectIdentifier(type), utf8String(value)));

function extensions(spec: CertificateSpec, key: KeyPair, issuer: Issuer): Buffer[] {
  const { usage, names } = spec;
  const list = [
    extension('2.5.29.19', true, sequence(...(usage === 'ca' ? [boolean(true)] : []))),
    extension('2.5.29.15', true, usage === 'ca' ? namedBits(0, 5, 6) : namedBits(0)),
    extension('2.5.29.14', false, octetString(keyIdentifier(key.publicKey))),
    extension('2.5.29.35', false, sequence(context(0, false, keyIdentifier(issuer.key.publicKey)))),
  ];
  if (usage !== 'ca') list.push(extension('2.5.29.37', false, sequence(purposes[usage])));
  if (names.length > 0) {
    list.push(extension('2.5.29.17', false, sequence(...names.map(generalName))));
  }
  return list;
}

function extension(type: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [boolean(true)] : [];
  return sequence(objectIdentifier(type), ...critical, octetString(value));
}

const purposes = {
  server: objectIdentifier('1.3.6.1.5.5.7.3.1'),
  client: objectIdentifier('1.3.6.1.5.5.7.3.2'),
};

const keyIdentifier = (key: KeyObject) =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();

function generalName(name: string): Buffer {
  if (isIPv4(name)) return context(7, false, Buffer.from(name.split('.').map(Number)));
  if (isIPv6(name)) return context(7, false, ipv6Bytes(name));
  return context(2, false, Buffer.from(name, 'ascii'));
}

/** `fd00::1` → 16 bytes. An IPv4 tail (`::ffff:10.0.0.1`) is two groups. */
function ipv6Bytes(address: string): Buffer {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [a * 256 + Number(b), c * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [left = '', right] = plain.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
