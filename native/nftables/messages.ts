/** The messages that make tables, chains, rules, sets and elements (linux/netfilter/nf_tables.h). */
import { type Message, netlinkFlags } from '../netlink-socket.ts';
import { Attributes } from './attributes.ts';
import { type Expression, writeVerdict } from './expressions.ts';

export type NftFamily = 'inet' | 'ipv4' | 'ipv6' | 'bridge';

const families: Readonly<Record<NftFamily, number>> = { inet: 1, ipv4: 2, bridge: 7, ipv6: 10 };
const subsystem = 10;
const { create, append, dump, echo } = netlinkFlags;

const types = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  GETRULE: 7,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  GETGEN: 16,
} as const;

/** nfgenmsg: family, version, resource. */
const header = (family: number, resource = 0): Buffer =>
  Buffer.from([family, 0, resource >> 8, resource & 0xff]);

type Kind = keyof typeof types;

export interface Shape {
  readonly kind: Kind;
  readonly family: NftFamily;
  readonly flags?: number;
}

function message({ kind, family, flags = 0 }: Shape, write: (to: Attributes) => void): Message {
  const attributes = new Attributes();
  write(attributes);
  return {
    type: (subsystem << 8) | types[kind],
    flags,
    name: `NFT_MSG_${kind}`,
    body: attributes.finish(header(families[family])),
  };
}

const marker = (type: number, name: string): Message => ({
  type,
  flags: 0,
  name,
  body: header(0, subsystem),
  isUnanswered: true,
});

/** One transaction: the kernel does all of the messages or none of them. */
export const transaction = (messages: readonly Message[]): Message[] => [
  marker(16, 'NFNL_MSG_BATCH_BEGIN'),
  ...messages,
  marker(17, 'NFNL_MSG_BATCH_END'),
];

/** Fails with EEXIST where the thing is there already. */
export const exclusive = (made: Message): Message => ({
  ...made,
  flags: made.flags | netlinkFlags.exclusive,
});

const nonRecursive = 0x100; // NLM_F_NONREC

/** Of a table, chain or set: fails with EBUSY unless nothing is in it. */
export const onlyIfEmpty = (made: Message): Message => ({
  ...made,
  flags: made.flags | nonRecursive,
});

export interface TableName {
  readonly family: NftFamily;
  readonly name: string;
}

/** Does nothing where the table is there. `comment` is kept with a new one. */
export const newTable = ({ family, name }: TableName, comment?: string): Message =>
  message({ kind: 'NEWTABLE', family, flags: create }, (to) => {
    to.text(1, name).u32(2, 0);
    if (comment !== undefined) to.bytes(6, commentBytes(comment));
  });

/** With everything in it. ENOENT where it is not. */
export const deleteTable = ({ family, name }: TableName): Message =>
  message({ kind: 'DELTABLE', family }, (to) => to.text(1, name));

export const getTable = ({ family, name }: TableName): Message =>
  message({ kind: 'GETTABLE', family }, (to) => to.text(1, name));

const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

export interface Hook {
  readonly type: 'filter' | 'nat';
  readonly hook: keyof typeof hooks;
  readonly priority: number;
}

/** A chain that is jumped to, or with `hook` one that packets come to by themselves. */
export const newChain = (table: TableName, name: string, hook?: Hook): Message =>
  message({ kind: 'NEWCHAIN', family: table.family, flags: create }, (to) => {
    to.text(1, table.name).text(3, name);
    if (!hook) return;
    to.nested(4, (inside) => inside.u32(1, hooks[hook.hook]).u32(2, hook.priority));
    to.text(7, hook.type);
  });

export const deleteChain = (table: TableName, name: string): Message =>
  message({ kind: 'DELCHAIN', family: table.family }, (to) => to.text(1, table.name).text(3, name));

/** One chain; ENOENT when it is not there. */
export const getChain = (table: TableName, name: string): Message =>
  message({ kind: 'GETCHAIN', family: table.family }, (to) => to.text(1, table.name).text(3, name));

/** At the chain's end. Answered with its handle. */
export const newRule = (
  table: TableName,
  chain: string,
  rule: { readonly expressions: readonly Expression[]; readonly comment?: string },
): Message =>
  message({ kind: 'NEWRULE', family: table.family, flags: create | append | echo }, (to) => {
    to.text(1, table.name).text(2, chain);
    to.nested(4, (list) => {
      for (const write of rule.expressions) write(list);
    });
    if (rule.comment !== undefined) to.bytes(7, commentBytes(rule.comment));
  });

/** All rules of a chain. */
export const flushChain = (table: TableName, chain: string): Message =>
  message({ kind: 'DELRULE', family: table.family }, (to) => to.text(1, table.name).text(2, chain));

/** What a key or a value is made of; each part takes a multiple of four bytes. */
export type Part =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'inet_proto'
  | 'inet_service'
  | 'mark'
  | 'ifname'
  | 'integer';

/** nft's own numbers for types, so that it prints them as they are meant. */
const parts: Readonly<Record<Part, { readonly type: number; readonly length: number }>> = {
  integer: { type: 4, length: 4 },
  ipv4_addr: { type: 7, length: 4 },
  ipv6_addr: { type: 8, length: 16 },
  inet_proto: { type: 12, length: 1 },
  inet_service: { type: 13, length: 2 },
  mark: { type: 19, length: 4 },
  ifname: { type: 41, length: 16 },
};

const flagBits = { constant: 2, interval: 4, map: 8, timeout: 16, dynamic: 32 } as const;

export interface SetShape {
  readonly name: string;
  readonly key: readonly Part[];
  /** Absent: a set; `verdict`: elements are verdicts. */
  readonly data?: readonly Part[] | 'verdict';
  readonly flags?: readonly (keyof typeof flagBits)[];
  /** How many elements there will be at most; absent: it grows. */
  readonly size?: number;
  /** What is printed beside it. */
  readonly comment?: string;
}

const verdictType = 0xffffff00;

export const newSet = (table: TableName, shape: SetShape, id: number): Message =>
  message({ kind: 'NEWSET', family: table.family, flags: create }, (to) => {
    const { name, key, data, flags = [], size, comment } = shape;
    const isConcat = key.length > 1;
    const bits = flags.reduce((sum, flag) => sum | flagBits[flag], data ? flagBits.map : 0);
    const isConcatInterval = isConcat && flags.includes('interval');
    to.text(1, table.name).text(2, name);
    to.u32(3, bits | (isConcatInterval ? 128 : 0)); // NFT_SET_CONCAT
    to.u32(4, typeOf(key)).u32(5, lengthOf(key));
    if (data === 'verdict') to.u32(6, verdictType).u32(7, 0);
    else if (data) to.u32(6, typeOf(data)).u32(7, lengthOf(data));
    if (size !== undefined || isConcatInterval) {
      to.nested(9, (inside) => {
        if (size !== undefined) inside.u32(1, size);
        if (isConcatInterval) inside.nested(2, (fields) => writeFields(fields, key));
      });
    }
    to.u32(10, id);
    to.bytes(13, setUserdata(shape, comment));
  });

function writeFields(fields: Attributes, key: readonly Part[]): void {
  for (const part of key) fields.nested(1, (field) => field.u32(1, parts[part].length));
}

/** Types of a concatenation lie in six bits each, first one highest. */
const typeOf = (list: readonly Part[]): number =>
  list.reduce((sum, part) => (sum << 6) | parts[part].type, 0);

const padded = (length: number) => (length + 3) & ~3;

const lengthOf = (list: readonly Part[]): number =>
  list.length === 1
    ? parts[list[0]!].length
    : list.reduce((sum, part) => sum + padded(parts[part].length), 0);

export const deleteSet = (table: TableName, set: string): Message =>
  message({ kind: 'DELSET', family: table.family }, (to) => to.text(1, table.name).text(2, set));

/**
 * Keys and values as they lie in registers, each part padded to four bytes, written as strings of
 * one character a byte: cheap to keep by the ten thousand, to compare, and to look up.
 */
export interface Element {
  readonly key: string;
  /** The last key of a range in a concatenated set with the flag `interval`. */
  readonly keyEnd?: string;
  readonly data?: string | { readonly goto: string };
  /** Marks the first key after a range in a set of plain intervals. */
  readonly isEnd?: boolean;
  readonly timeoutMs?: number;
  /** What is left of the timeout. */
  readonly expiresMs?: number;
  readonly comment?: string;
}

/** An attribute's length is 16 bits wide: a message takes no more than this. */
const listBytesMax = 60_000;

export const addElements = (table: TableName, set: string, elements: Iterable<Element>) =>
  elementMessages(
    { kind: 'NEWSETELEM', family: table.family, flags: create },
    { table, set },
    elements,
  );

/** ENOENT where one is not there, and then nothing of the transaction is done. */
export const removeElements = (table: TableName, set: string, elements: Iterable<Element>) =>
  elementMessages({ kind: 'DELSETELEM', family: table.family }, { table, set }, elements);

function elementMessages(
  shape: Shape,
  { table, set }: { readonly table: TableName; readonly set: string },
  elements: Iterable<Element>,
): Message[] {
  const messages: Message[] = [];
  const iterator = elements[Symbol.iterator]();
  let next = iterator.next();
  while (!next.done) {
    messages.push(
      message(shape, (to) => {
        to.text(1, table.name).text(2, set);
        to.nested(3, (list) => {
          const start = list.length;
          while (!next.done && list.length - start < listBytesMax) {
            writeElement(list, next.value);
            next = iterator.next();
          }
        });
      }),
    );
  }
  return messages;
}

function writeElement(list: Attributes, element: Element): void {
  const { key, keyEnd, data, timeoutMs, expiresMs, comment } = element;
  list.nested(1, (item) => {
    if (element.isEnd) item.u32(3, 1);
    item.boxed(1, key);
    if (keyEnd !== undefined) item.boxed(10, keyEnd);
    if (typeof data === 'string') item.boxed(2, data);
    else if (data) item.nested(2, (inside) => writeVerdict(inside, 'goto', data.goto));
    if (timeoutMs !== undefined) item.u64(4, BigInt(timeoutMs));
    if (expiresMs !== undefined) item.u64(5, BigInt(expiresMs));
    if (comment !== undefined) writeComment(item, comment);
  });
}

/** One element; ENOENT when it is not there. */
export const getElement = (table: TableName, set: string, key: string): Message =>
  message({ kind: 'GETSETELEM', family: table.family }, (to) => {
    to.text(1, table.name).text(2, set);
    to.nested(3, (list) => writeElement(list, { key }));
  });

/** All elements of a set. */
export const dumpElements = (table: TableName, set: string): Message =>
  message({ kind: 'GETSETELEM', family: table.family, flags: dump }, (to) =>
    to.text(1, table.name).text(2, set),
  );

export const dumpRules = (table: TableName, chain?: string): Message =>
  message({ kind: 'GETRULE', family: table.family, flags: dump }, (to) => {
    to.text(1, table.name);
    if (chain !== undefined) to.text(2, chain);
  });

export const dumpChains = (table: TableName): Message =>
  message({ kind: 'GETCHAIN', family: table.family, flags: dump }, () => {});

export const dumpSets = (table: TableName): Message =>
  message({ kind: 'GETSET', family: table.family, flags: dump }, (to) => to.text(1, table.name));

/** The number of the ruleset: each transaction of anybody's raises it. */
export const getGeneration = (): Message => message({ kind: 'GETGEN', family: 'inet' }, () => {});

const userdataMax = 127;

/** As commentBytes, without a buffer for each of ten thousand names. */
function writeComment(item: Attributes, comment: string): void {
  const isPlain = comment.length < userdataMax && /^[ -~]*$/.test(comment);
  if (!isPlain) item.bytes(6, commentBytes(comment));
  else item.binary(6, `\0${String.fromCharCode(comment.length + 1)}${comment}\0`);
}

/** nft's own form of user data: type, length, text with its zero. Tables, rules and elements alike. */
function commentBytes(comment: string, type = 0): Buffer {
  const text = Buffer.from(comment).subarray(0, userdataMax);
  return Buffer.concat([Buffer.from([type, text.length + 1]), text, Buffer.of(0)]);
}

/** What nft needs to print keys and data in their own byte order (NFTNL_UDATA_SET_*). */
function setUserdata({ key, data }: SetShape, comment: string | undefined): Buffer {
  const word = (type: number, value: number) =>
    Buffer.from([type, 4, value & 0xff, (value >> 8) & 0xff, 0, 0]);
  const order = (list: readonly Part[]) => (isHostOrder(list) ? 1 : 2);
  const words: Buffer[] = [word(0, order(key))];
  if (data && data !== 'verdict') words.push(word(1, order(data)));
  if (comment !== undefined) words.push(commentBytes(comment, 7));
  return Buffer.concat(words);
}

const isHostOrder = (list: readonly Part[]): boolean =>
  list.length === 1 && (list[0] === 'mark' || list[0] === 'integer' || list[0] === 'ifname');
