/**
 * Who has which address: one file for each, named after it, that says `container id CRLF ifname`
 * (as upstream's host-local keeps them, so that either finds the other's).
 *
 * Crash-safe without a lock: the file is written under a name in the index first, which says whose
 * it is and which address it is meant for, and then linked to the address: there it is whole or
 * not at all, two processes cannot both have it, and at every moment what is taken can be found.
 *
 * No attachment outlives a boot of the machine, so the index is one of this boot: the first to come
 * after another boot frees what the index of that one has.
 *
 * Synchronous: half a dozen calls on a directory that is in memory take less than one hop to
 * another thread, and nothing of ours comes between them.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.ts';
import type { Attachment } from '../request.ts';

export interface AddressStore {
  /** A cheap look before `reserve`, which alone decides. */
  isTaken(address: string): boolean;
  /** False when somebody has it. `set` tells the addresses of one attachment apart. */
  reserve(address: string, owner: Attachment, set: number): boolean;
  /** The addresses that the attachment has; `isThorough` also reads those that upstream wrote. */
  find(owner: Attachment, isThorough: boolean): string[];
  release(owner: Attachment): void;
  lastReserved(set: number): string | undefined;
  /** Releases what none of `valid` has, and what a crash has left. Gives the addresses. */
  keepOnly(valid: readonly Attachment[]): string[];
}

/** `dir` is the network's own; it is made when it is missing. */
export function openAddressStore(dir: string, boot: string = bootId()): AddressStore {
  const index = join(dir, `${indexPrefix}${boot}`);
  if (!existsSync(index)) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    freeEarlier(dir, index);
    mkdirSync(index, { recursive: true, mode: 0o700 });
  }
  const fileOf = (address: string) => join(dir, address);
  const ownerOf = (address: string) => readIfAny(fileOf(address));
  const entriesOf = (owner: Attachment) => {
    const prefix = `${keyOf(owner)}@`;
    return readdirSync(index).filter((name) => name.startsWith(prefix));
  };
  const find = (owner: Attachment, isThorough: boolean) => {
    const named = entriesOf(owner)
      .map(addressOf)
      .filter((address) => isIP(address) && ownerOf(address) === contentOf(owner));
    if (!isThorough || named.length > 0) return named;
    return addressesIn(dir).filter((address) => isOwnedBy(ownerOf(address), owner));
  };
  return {
    find,
    isTaken: (address) => existsSync(fileOf(address)),
    reserve: (address, owner, set) => {
      const entry = join(index, `${keyOf(owner)}@${set}=${address}`);
      const [before] = entriesOf(owner).filter((name) => setOf(name) === set);
      // An attempt at another address, whose file was somebody's.
      if (before !== undefined) renameSync(join(index, before), entry);
      else writeFileSync(entry, contentOf(owner), { mode: 0o600 });
      if (!linkIfFree(entry, fileOf(address))) return false;
      overwrite(join(dir, `last_reserved_ip.${set}`), address);
      return true;
    },
    release: (owner) => {
      for (const address of find(owner, true)) unlinkIfAny(fileOf(address));
      for (const name of entriesOf(owner)) unlinkIfAny(join(index, name));
    },
    lastReserved: (set) => {
      const text = readIfAny(join(dir, `last_reserved_ip.${set}`))?.trim();
      return text !== undefined && isIP(text) ? text : undefined;
    },
    keepOnly: (valid) => {
      freeEarlier(dir, index);
      const gone = addressesIn(dir).filter((address) => {
        const content = ownerOf(address);
        return !valid.some((owner) => isOwnedBy(content, owner));
      });
      for (const address of gone) unlinkIfAny(fileOf(address));
      const keys = new Set(valid.map(keyOf));
      for (const name of readdirSync(index)) {
        if (!keys.has(name.slice(0, name.lastIndexOf('@')))) unlinkIfAny(join(index, name));
      }
      return gone;
    },
  };
}

const indexPrefix = '.boot-';
const endedPrefix = '.ended-';

let ownBoot: string | undefined;

function bootId(): string {
  ownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return ownBoot;
}

/**
 * Frees what indexes of other boots have. One process has each of them: it takes it by renaming. An
 * index that one has begun with and a crash has left is taken again by GC.
 */
function freeEarlier(dir: string, current: string): void {
  const isOther = (name: string) => join(dir, name) !== current && name.startsWith(indexPrefix);
  const isEnded = (name: string) => name.startsWith(endedPrefix);
  for (const name of readdirSync(dir).filter((each) => isOther(each) || isEnded(each))) {
    const taken = join(dir, `${endedPrefix}${randomUUID()}`);
    const isOurs = unlessMissing(() => {
      renameSync(join(dir, name), taken);
      return true;
    });
    if (isOurs) freeAll(dir, taken);
  }
}

function freeAll(dir: string, index: string): void {
  for (const name of readdirSync(index)) {
    const [entry, file] = [join(index, name), join(dir, addressOf(name))];
    // An address that somebody else has by now has another file.
    const isSame = unlessMissing(() => statSync(entry).ino === statSync(file).ino);
    if (isSame && isIP(addressOf(name))) unlinkIfAny(file);
    unlinkIfAny(entry);
  }
  rmdirSync(index);
}

const contentOf = ({ containerId, ifName }: Attachment) => `${containerId}\r\n${ifName}`;

/** Versions of upstream's before 0.7 wrote no interface name. */
const isOwnedBy = (content: string | undefined, owner: Attachment) =>
  content?.trim() === contentOf(owner) || content?.trim() === owner.containerId;

/** A file name has 255 bytes; a container id may have more. */
function keyOf({ containerId, ifName }: Attachment): string {
  const key = `${containerId}@${ifName}`;
  return Buffer.byteLength(key) <= 150 ? key : createHash('sha256').update(key).digest('hex');
}

/** `key@set=address`. An interface's name may have any of these characters: look from the end. */
const addressOf = (name: string) => name.slice(name.lastIndexOf('=') + 1);
const setOf = (name: string) =>
  Number(name.slice(name.lastIndexOf('@') + 1, name.lastIndexOf('=')));

const addressesIn = (dir: string) => readdirSync(dir).filter((name) => isIP(name) !== 0);

function linkIfFree(existing: string, path: string): boolean {
  try {
    linkSync(existing, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** In place: a new file, or one cut to nothing first, costs a flush on ext4. */
function overwrite(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    ftruncateSync(fd, writeSync(fd, text));
  } finally {
    closeSync(fd);
  }
}

const readIfAny = (path: string) => unlessMissing(() => readFileSync(path, 'utf8'));
const unlinkIfAny = (path: string) => unlessMissing(() => unlinkSync(path));

function unlessMissing<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
