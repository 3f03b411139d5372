/** Bootstrap tokens: `abcdef.0123456789abcdef`, each a Secret of kube-system, for machines that join. */
import { timingSafeEqual } from 'node:crypto';
import { secrets } from '../../api/resources/secret.ts';
import type { Secret } from '../../api/types/core-v1.generated.ts';
import type { ObjectReader } from '../request.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';

export interface BootstrapTokenOptions {
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const shape = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const group = 'system:bootstrappers';
const groupShape = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

export function createBootstrapTokens({ reader, now }: BootstrapTokenOptions): TokenAuthenticator {
  return {
    name: 'bootstrap tokens',
    authenticate(token) {
      const [, id = '', secretText = ''] = shape.exec(token) ?? [];
      if (id === '') return undefined;
      const secret = reader.get(secrets, `bootstrap-token-${id}`, 'kube-system');
      if (!secret || !isUsable(secret, { id, secretText, now: now() })) return undefined;
      const groups = groupsOf(secret);
      if (!groups) return undefined;
      return { user: { name: `system:bootstrap:${id}`, groups } };
    },
  };
}

interface Shown {
  readonly id: string;
  readonly secretText: string;
  readonly now: number;
}

function isUsable(secret: Secret, { id, secretText, now }: Shown): boolean {
  if (secret.metadata?.deletionTimestamp) return false;
  if (secret.type !== 'bootstrap.kubernetes.io/token') return false;
  const held = Buffer.from(read(secret, 'token-secret'));
  const shown = Buffer.from(secretText);
  if (held.length !== shown.length || !timingSafeEqual(held, shown)) return false;
  if (read(secret, 'token-id') !== id) return false;
  if (read(secret, 'usage-bootstrap-authentication') !== 'true') return false;
  const end = read(secret, 'expiration');
  // A time that nobody can read has passed.
  return end === '' || Date.parse(end) > now;
}

/** Undefined when one of the groups is not one that a bootstrap token may give. */
function groupsOf(secret: Secret): string[] | undefined {
  const extra = read(secret, 'auth-extra-groups')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  if (!extra.every((each) => groupShape.test(each))) return undefined;
  return [...new Set([group, ...extra.sort(), 'system:authenticated'])];
}

const read = ({ data }: Secret, key: string): string =>
  Buffer.from(data?.[key] ?? '', 'base64').toString('utf8');
