/**
 * The ciphers, with the bytes that upstream's API server writes: behind `k8s:enc:aesgcm:v1:key1:`
 * come the nonce and what it was used for.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { NamedKey, Provider } from './config.ts';

/** One key of one provider, ready to use. */
export interface Cipher {
  /** What its values begin with; empty for identity. */
  readonly prefix: string;
  /** `context`: the key that the value is stored under, so that it cannot be moved to another. */
  seal(value: Uint8Array, context: string): Uint8Array;
  /** Without the prefix. @throws Error when the key or the context is another, or bytes changed */
  open(sealed: Uint8Array, context: string): Uint8Array;
}

/** All that is encrypted begins so, whichever way. */
export const sealedPrefix = 'k8s:enc:';

const identity: Cipher = { prefix: '', seal: (value) => value, open: (value) => value };

/** In the order of the file: the first one writes. */
export async function createCiphers(providers: readonly Provider[]): Promise<Cipher[]> {
  const made = providers.map(async (provider) => {
    if (provider.kind === 'identity') return [identity];
    const create = await makers[provider.kind]();
    return provider.keys.map((key) => ({
      prefix: `${sealedPrefix}${provider.kind}:v1:${key.name}:`,
      ...create(key),
    }));
  });
  return (await Promise.all(made)).flat();
}

type Maker = (key: NamedKey) => Omit<Cipher, 'prefix'>;

const makers: Readonly<Record<Exclude<Provider['kind'], 'identity'>, () => Promise<Maker>>> = {
  aesgcm: async () => createAesGcm,
  aescbc: async () => createAesCbc,
  async secretbox() {
    const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js');
    const nonceBytes = 24;
    return ({ secret }) => ({
      seal(value) {
        const nonce = randomBytes(nonceBytes);
        return Buffer.concat([nonce, xsalsa20poly1305(secret, nonce).encrypt(value)]);
      },
      open: (sealed) =>
        xsalsa20poly1305(secret, sealed.subarray(0, nonceBytes)).decrypt(
          sealed.subarray(nonceBytes),
        ),
    });
  },
};

const gcmNonceBytes = 12;
const gcmTagBytes = 16;

function createAesGcm({ secret }: NamedKey): Omit<Cipher, 'prefix'> {
  const algorithm = `aes-${secret.length * 8}-gcm` as 'aes-256-gcm';
  return {
    seal(value, context) {
      const nonce = randomBytes(gcmNonceBytes);
      const cipher = createCipheriv(algorithm, secret, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const end = sealed.length - gcmTagBytes;
      if (end < gcmNonceBytes) throw new Error('it is too short');
      const options = { authTagLength: gcmTagBytes };
      const nonce = sealed.subarray(0, gcmNonceBytes);
      const decipher = createDecipheriv(algorithm, secret, nonce, options);
      decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(end));
      return Buffer.concat([
        decipher.update(sealed.subarray(gcmNonceBytes, end)),
        decipher.final(),
      ]);
    },
  };
}

const cbcBlockBytes = 16;

/** Not authenticated: upstream has it for what was written so. */
function createAesCbc({ secret }: NamedKey): Omit<Cipher, 'prefix'> {
  const algorithm = `aes-${secret.length * 8}-cbc`;
  return {
    seal(value) {
      const start = randomBytes(cbcBlockBytes);
      const cipher = createCipheriv(algorithm, secret, start);
      return Buffer.concat([start, cipher.update(value), cipher.final()]);
    },
    open(sealed) {
      const start = sealed.subarray(0, cbcBlockBytes);
      const decipher = createDecipheriv(algorithm, secret, start);
      return Buffer.concat([decipher.update(sealed.subarray(cbcBlockBytes)), decipher.final()]);
    },
  };
}
