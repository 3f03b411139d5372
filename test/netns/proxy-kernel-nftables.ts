/** What the table in the kernel says to packets, read from its elements alone. */
import { formatIp } from '../../base/ip-address.ts';
import { type NetlinkSocket, openNetlink } from '../../native/netlink-socket.ts';
import { listAttributes, readAttributes } from '../../native/nftables/attributes.ts';
import { dumpElements, dumpSets } from '../../native/nftables/messages.ts';
import { type Answer, type Answers, sourcesOf } from './proxy-answers.ts';
import type { Family } from './proxy-objects.ts';

interface Element {
  readonly key: Buffer;
  readonly keyEnd?: Buffer;
  readonly data?: Buffer;
}

type Sets = ReadonlyMap<string, readonly Element[]>;

export interface Table {
  readonly answers: Answers;
  readonly clusterIps: ReadonlySet<string>;
  readonly hairpins: ReadonlySet<string>;
}

const netlinkNetfilter = 12;
const headerBytes = 4;
const setCount = 20; // NFTA_SET_COUNT

/** A dump is mostly waiting: several sockets do them side by side. */
export type TableReader = readonly NetlinkSocket[];

export const openReader = (netnsPath: string): Promise<TableReader> =>
  Promise.all(Array.from({ length: 4 }, () => openNetlink(netlinkNetfilter, netnsPath)));

/** Throws when an element belongs to nothing. */
export async function readTable(sockets: TableReader, family: Family): Promise<Table> {
  return new Reader(await readSets(sockets, family), family).read();
}

async function readSets(sockets: TableReader, family: Family): Promise<Sets> {
  const table = { family, name: 'kube-proxy' };
  const all = (await sockets[0]!.send(dumpSets(table))).map(({ body }) => {
    const found = readAttributes(body.subarray(headerBytes));
    const name = found.get(2)!.toString('latin1').replace('\0', '');
    return { name, count: found.get(setCount)?.readUInt32BE() };
  });
  // Kernels from 6.16 on say which are empty.
  const names = all.filter(({ count }) => count !== 0).map(({ name }) => name);
  const sets = new Map<string, readonly Element[]>();
  const readNext = async (socket: NetlinkSocket): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const replies = await socket.send(dumpElements(table, name));
      const lists = replies.flatMap(
        ({ body }) => readAttributes(body.subarray(headerBytes)).get(3) ?? [],
      );
      const elements = lists.flatMap((list) => listAttributes(list));
      sets.set(
        name,
        elements.map(({ value }) => elementOf(value)),
      );
    }
  };
  await Promise.all(sockets.map(readNext));
  return sets;
}

function elementOf(bytes: Buffer): Element {
  const found = readAttributes(bytes);
  const bytesIn = (type: number) => {
    const inside = found.get(type);
    return inside && readAttributes(inside).get(1);
  };
  const [keyEnd, data] = [bytesIn(10), bytesIn(2)];
  return { key: bytesIn(1)!, ...(keyEnd && { keyEnd }), ...(data && { data }) };
}

const protocols: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

class Reader {
  readonly #sets: Sets;
  readonly #family: Family;
  readonly #size: number;
  #used = 0; // Elements of maps that a front has led to.

  constructor(sets: Sets, family: Family) {
    this.#sets = sets;
    this.#family = family;
    this.#size = family === 'ipv4' ? 4 : 16;
  }

  read(): Table {
    const answers: Answers = new Map();
    for (const [name, elements] of this.#sets) {
      const found = classOf(name);
      if (!found) continue;
      for (const { key } of elements) {
        const front = this.#frontOf(key, found.isNodePort);
        if (answers.has(front)) throw new Error(`${front} is in two classes`);
        answers.set(front, this.#answersOf(key, found));
      }
    }
    this.#addRefusals(answers);
    this.#checkLeftovers();
    return {
      answers,
      clusterIps: new Set(this.#of('cluster-ips').map(({ key }) => formatIp(key))),
      hairpins: new Set(this.#of('hairpin').map(({ key }) => formatIp(key.subarray(this.#size)))),
    };
  }

  #of = (set: string): readonly Element[] => this.#sets.get(set) ?? [];

  #frontOf(key: Buffer, isNodePort: boolean): string {
    const rest = isNodePort ? key : key.subarray(this.#size);
    const address = isNodePort ? 'node' : formatIp(key.subarray(0, this.#size));
    return `${address} ${protocols[rest[0]!]} ${rest.readUInt16BE(4)}`;
  }

  #answersOf(key: Buffer, found: Class): Answer[] {
    const prefix = found.isNodePort ? 'node-port-' : '';
    const all = this.#placesOf(`${prefix}endpoints`, key, found.all);
    const local = this.#placesOf(`${prefix}local-endpoints`, key, found.local);
    const sticky = found.isSticky ? ' sticky' : '';
    return sourcesOf[this.#family].map(({ name, address }) => {
      if (!found.isNodePort && this.#isKeptOut(key, address)) return 'dropped';
      if (!found.isExternal) {
        const places = found.isLocal ? local : all;
        return `${name === 'pod' ? '' : 'as node '}to ${places}${sticky}`;
      }
      if (!found.isLocal || name === 'node') return `as node to ${all}${sticky}`;
      if (name === 'pod') return `to ${all}${sticky}`;
      return found.local > 0 ? `to ${local}${sticky}` : 'dropped';
    });
  }

  #placesOf(map: string, key: Buffer, count: number): string {
    const places = Array.from({ length: count }, (_, index) => {
      const wanted = Buffer.concat([key, Buffer.from([index, 0, 0, 0])]);
      const data = this.#of(map).find((element) => element.key.equals(wanted))?.data;
      if (!data) throw new Error(`${map} has no ${wanted.toString('hex')}`);
      this.#used++;
      return `${formatIp(data.subarray(0, this.#size))} ${data.readUInt16BE(this.#size)}`;
    });
    return places.sort().join(' ');
  }

  #isKeptOut(key: Buffer, source: string): boolean {
    if (!this.#of('guarded').some((element) => element.key.equals(key))) return false;
    return !this.#of('allowed').some((element) => {
      if (!element.key.subarray(0, key.length).equals(key)) return false;
      const [first, last] = [element.key, element.keyEnd ?? element.key].map((each) =>
        each.subarray(key.length),
      );
      const bytes = bytesOf(source);
      return first!.compare(bytes) <= 0 && last!.compare(bytes) >= 0;
    });
  }

  #addRefusals(answers: Answers): void {
    for (const isNodePort of [false, true]) {
      const suffix = isNodePort ? '-node-ports' : '';
      for (const { key } of this.#of(`no-endpoints${suffix}`)) {
        answers.set(
          this.#frontOf(key, isNodePort),
          sourcesOf[this.#family].map(() => 'refused'),
        );
      }
      for (const { key } of this.#of(`no-local-endpoints${suffix}`)) {
        const front = this.#frontOf(key, isNodePort);
        if (!answers.has(front))
          answers.set(
            front,
            sourcesOf[this.#family].map(() => 'dropped'),
          );
      }
    }
  }

  #checkLeftovers(): void {
    const maps = [
      'endpoints',
      'local-endpoints',
      'node-port-endpoints',
      'node-port-local-endpoints',
    ];
    const there = maps.reduce((sum, map) => sum + this.#of(map).length, 0);
    if (there !== this.#used) throw new Error(`${there} endpoints, ${this.#used} can be reached`);
  }
}

interface Class {
  readonly isNodePort: boolean;
  readonly isExternal: boolean;
  readonly isLocal: boolean;
  readonly all: number;
  readonly local: number;
  readonly isSticky: boolean;
}

function classOf(set: string): Class | undefined {
  const pattern =
    /^(services|node-ports)(-external|-internal)?(-local)?-(\d+)(?:-(\d+))?(-sticky-60)?$/;
  const [, front, kind, local, first, second, sticky] = pattern.exec(set) ?? [];
  if (!front) return undefined;
  const isExternal = kind === '-external';
  const isLocal = local !== undefined;
  return {
    isNodePort: front === 'node-ports',
    isExternal,
    isLocal,
    all: isLocal && !isExternal ? 0 : Number(first),
    local: isLocal ? Number(isExternal ? second : first) : 0,
    isSticky: sticky !== undefined,
  };
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) =>
    text
      .split(':')
      .filter(Boolean)
      .map((each) => Number.parseInt(each, 16));
  const bytes = Buffer.alloc(16);
  groups(head).forEach((group, index) => {
    bytes.writeUInt16BE(group, 2 * index);
  });
  groups(tail)
    .toReversed()
    .forEach((group, index) => {
      bytes.writeUInt16BE(group, 14 - 2 * index);
    });
  return bytes;
}
