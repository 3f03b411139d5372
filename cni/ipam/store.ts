/**
 * Who has which address: one file for each, named after it, that says `container id CRLF ifname`
 * (as upstream's host-local keeps them, so that either finds the other's).
 *
 * Crash-safe without a lock: a file is written under another name and linked to its own, so it is
 * whole or not there, and two processes cannot both have it. Beside it stands a symlink, named
 * after the attachment, that points to the address: DEL finds it without reading the directory.
 * The symlink comes first, so that at every moment what is taken can be found.
 *
 * Synchronous: half a dozen calls on a directory that is in memory take less than one hop to
 * another thread, and nothing of ours comes between them.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.ts';
import type { Attachment } from '../request.ts';

export interface AddressStore {
  /** A cheap look before reserve, which alone decides. */
  isTaken(address: string): boolean;
  /** False when somebody has it. `set` tells the addresses of one attachment apart. */
  reserve(address: string, owner: Attachment, set: number): boolean;
  /** The addresses that the attachment has; `isThorough` also reads those without a symlink. */
  find(owner: Attachment, isThorough: boolean): string[];
  release(owner: Attachment): void;
  lastReserved(set: number): string | undefined;
  /** Releases what none of `valid` has, and what a crash has left. Gives the addresses. */
  keepOnly(valid: readonly Attachment[]): string[];
}

const indexDir = '.by-attachment';

/** `dir` is the network's own; it is made when it is missing. */
export function openAddressStore(dir: string): AddressStore {
  const index = join(dir, indexDir);
  mkdirSync(index, { recursive: true, mode: 0o700 });
  const fileOf = (address: string) => join(dir, address);
  const ownerOf = (address: string) => readIfAny(fileOf(address));
  const linksOf = (owner: Attachment) =>
    Array.from({ length: setsMax }, (_, set) => join(index, linkName(owner, set)));

  const find = (owner: Attachment, isThorough: boolean) => {
    const named = new Set<string>();
    for (const link of linksOf(owner)) {
      const address = readlinkIfAny(link);
      if (address === undefined) break; // Sets are reserved in order.
      if (isIP(address) && ownerOf(address) === contentOf(owner)) named.add(address);
    }
    if (!isThorough || named.size > 0) return [...named];
    return addressesIn(dir).filter((address) => isOwnedBy(ownerOf(address), owner));
  };

  const release = (owner: Attachment) => {
    for (const address of find(owner, true)) unlinkIfAny(fileOf(address));
    for (const link of linksOf(owner)) if (!unlinkIfAny(link)) break;
  };

  return {
    isTaken: (address) => existsSync(fileOf(address)),
    find,
    release,
    reserve: (address, owner, set) => {
      const link = join(index, linkName(owner, set));
      replaceSymlink(address, link);
      if (!createWhole(fileOf(address), contentOf(owner))) return false;
      writeWhole(join(dir, `last_reserved_ip.${set}`), address);
      return true;
    },
    lastReserved: (set) => {
      const text = readIfAny(join(dir, `last_reserved_ip.${set}`))?.trim();
      return text !== undefined && isIP(text) ? text : undefined;
    },
    keepOnly: (valid) => {
      const owners = new Set(valid.map(contentOf));
      const isValid = (content: string | undefined) =>
        content !== undefined && (owners.has(content) || isOwnedByAny(content, valid));
      const gone = addressesIn(dir).filter((address) => !isValid(ownerOf(address)));
      for (const address of gone) unlinkIfAny(fileOf(address));
      for (const name of readdirSync(dir)) {
        if (name.startsWith('.new-')) unlinkIfAny(join(dir, name));
      }
      const names = new Set(valid.flatMap((owner) => linksOf(owner)));
      for (const name of readdirSync(index)) {
        if (!names.has(join(index, name))) unlinkIfAny(join(index, name));
      }
      return gone;
    },
  };
}

const setsMax = 8; // More than planHostLocal allows is never reserved.

const contentOf = ({ containerId, ifName }: Attachment) => `${containerId}\r\n${ifName}`;

/** Versions of upstream's before 0.7 wrote no interface name. */
const isOwnedBy = (content: string | undefined, owner: Attachment) =>
  content?.trim() === contentOf(owner) || content?.trim() === owner.containerId;

const isOwnedByAny = (content: string, owners: readonly Attachment[]) =>
  owners.some((owner) => isOwnedBy(content, owner));

/** A file name has 255 bytes; a container id may have more. */
function linkName({ containerId, ifName }: Attachment, set: number): string {
  const name = `${containerId}@${ifName}@${set}`;
  if (Buffer.byteLength(name) <= 200) return name;
  return `${createHash('sha256').update(name).digest('hex')}@${set}`;
}

const addressesIn = (dir: string) => readdirSync(dir).filter((name) => isIP(name) !== 0);

let counter = 0;
const scratchName = (path: string) =>
  join(path, '..', `.new-${process.pid}-${process.hrtime.bigint()}-${counter++}`);

/** False when it exists. */
function createWhole(path: string, content: string): boolean {
  const scratch = scratchName(path);
  writeFileSync(scratch, content, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(scratch, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    unlinkIfAny(scratch);
  }
}

function writeWhole(path: string, content: string): void {
  const scratch = scratchName(path);
  writeFileSync(scratch, content, { flag: 'wx', mode: 0o600 });
  renameSync(scratch, path);
}

function replaceSymlink(target: string, path: string): void {
  unlinkIfAny(path);
  symlinkSync(target, path);
}

function readIfAny(path: string): string | undefined {
  return unlessMissing(() => readFileSync(path, 'utf8'));
}

function readlinkIfAny(path: string): string | undefined {
  return unlessMissing(() => readlinkSync(path));
}

function unlinkIfAny(path: string): boolean {
  return unlessMissing(() => unlinkSync(path) ?? true) ?? false;
}

function unlessMissing<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) return undefined;
    throw error;
  }
}
