/** Knows for each key of the store how its value is encrypted, and opens what was. */
import { messageOf, StatusError } from '../../base/errors.ts';
import { type Cipher, createCiphers, sealedPrefix } from './ciphers.ts';
import type { EncryptionRule } from './config.ts';

const root = '/registry/';
const sealedStart = Buffer.from(sealedPrefix);

export interface Opened {
  readonly value: Uint8Array;
  /** Not written by the key that writes now. */
  readonly isStale: boolean;
}

interface Rule {
  readonly resources: readonly string[];
  readonly ciphers: readonly Cipher[];
}

export class Vault {
  readonly #rules: readonly Rule[];
  readonly #byResource = new Map<string, readonly Cipher[]>();

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /** Without rules nothing is encrypted, and what already is is refused. */
  static async create(rules: readonly EncryptionRule[]): Promise<Vault> {
    const made = rules.map(async ({ resources, providers }) => {
      return { resources, ciphers: await createCiphers(providers) };
    });
    return new Vault(await Promise.all(made));
  }

  /** Prefixes of keys whose values may have to be encrypted. */
  get prefixes(): string[] {
    const resources = this.#rules.flatMap((rule) => rule.resources);
    if (resources.some((each) => each.startsWith('*'))) return [root];
    return [...new Set(resources)].map((resource) => `${root}${resource}/`);
  }

  seal(key: string, value: Uint8Array): Uint8Array {
    const cipher = this.#ciphersOf(key)[0];
    if (!cipher || cipher.prefix === '') return value;
    return Buffer.concat([Buffer.from(cipher.prefix), cipher.seal(value, key)]);
  }

  /** @throws StatusError InternalError that names the key and what it is encrypted by */
  open(key: string, stored: Uint8Array): Opened {
    const ciphers = this.#ciphersOf(key);
    const isSealed = startsWith(stored, sealedStart);
    if (!isSealed) {
      const isPlain = ciphers.length === 0 || ciphers.some(({ prefix }) => prefix === '');
      // Upstream refuses it too: else whoever can write to the disk could put in a Secret.
      if (!isPlain) throw failed(key, 'it is not encrypted, and the configuration has no identity');
      return { value: stored, isStale: (ciphers[0]?.prefix ?? '') !== '' };
    }
    const index = ciphers.findIndex(({ prefix }) => {
      return prefix !== '' && startsWith(stored, Buffer.from(prefix));
    });
    const cipher = ciphers[index];
    if (!cipher) {
      throw failed(key, `it is encrypted by ${describe(stored)}, which is not configured`);
    }
    try {
      const value = cipher.open(stored.subarray(Buffer.byteLength(cipher.prefix)), key);
      return { value, isStale: index > 0 };
    } catch (error) {
      const why = `the secret of ${describe(stored)} is not the one it was encrypted with`;
      throw failed(key, `${why}, or it is damaged (${messageOf(error)})`);
    }
  }

  #ciphersOf(key: string): readonly Cipher[] {
    if (!key.startsWith(root)) return [];
    const resource = key.slice(root.length, key.indexOf('/', root.length));
    let ciphers = this.#byResource.get(resource);
    if (!ciphers) {
      const rule = this.#rules.find(({ resources }) =>
        resources.some((each) => has(each, resource)),
      );
      ciphers = rule?.ciphers ?? [];
      this.#byResource.set(resource, ciphers);
    }
    return ciphers;
  }
}

/** `aesgcm key "key1"`, without a byte of what follows. */
export function describe(stored: Uint8Array): string {
  const head = Buffer.from(stored.subarray(0, 256)).toString('latin1');
  const [, , kind = '?', , name = '?'] = head.split(':');
  return `${kind} key ${JSON.stringify(name)}`;
}

export const isSealed = (stored: Uint8Array): boolean => startsWith(stored, sealedStart);

/** `*.apps` has all of its group, `*.` all of the core group, `*.*` everything. */
function has(pattern: string, resource: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === resource;
  if (pattern === '*.*') return true;
  const dot = resource.indexOf('.');
  return (dot < 0 ? '' : resource.slice(dot + 1)) === pattern.slice(2);
}

const startsWith = (value: Uint8Array, prefix: Buffer) =>
  value.byteLength >= prefix.length && prefix.equals(value.subarray(0, prefix.length));

const failed = (key: string, why: string) =>
  new StatusError('InternalError', `Could not decrypt ${key}: ${why}`);
