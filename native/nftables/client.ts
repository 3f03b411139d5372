/** Talks to nf_tables: transactions that are done whole or not at all, and what the kernel has. */
import { followNetlink, netlinkGroups } from '../netlink-events.ts';
import { type Message, type NetlinkSocket, openNetlink, type Reply } from '../netlink-socket.ts';
import { listAttributes, readAttributes } from './attributes.ts';
import {
  dumpElements,
  dumpRules,
  getGeneration,
  getTable,
  type TableName,
  transaction,
} from './messages.ts';

const netlinkNetfilter = 12;
const headerBytes = 4; // nfgenmsg
const newRuleType = (10 << 8) | 6;

/** As `Element` has them. */
export interface StoredElement {
  readonly key: string;
  readonly data?: string;
  readonly keyEnd?: string;
  readonly isEnd?: boolean;
  readonly expiresMs?: number;
  readonly timeoutMs?: number;
}

/** Handles grow: a rule that was taken away and put back has another one. */
export interface RuleHandle {
  readonly chain: string;
  readonly handle: number;
}

export interface Nftables {
  /**
   * Does all of the messages or none, and gives the rules that it made, in their order. Throws the
   * first error that is about one of them.
   */
  commit(messages: readonly Message[]): Promise<RuleHandle[]>;
  /** The number of the ruleset: every transaction of anybody's raises it. */
  generation(): Promise<number>;
  /** The comment of a table; undefined when the table is not there. */
  tableComment(table: TableName): Promise<string | undefined>;
  /** All rules of a table, in their order. */
  rules(table: TableName): Promise<RuleHandle[]>;
  /** Undefined when the set is not there. */
  elements(table: TableName, set: string): Promise<StoredElement[] | undefined>;
  close(): void;
}

/** Opens a socket in the namespace pinned at `netnsPath` (absent: our own) and keeps it. */
export async function openNftables(netnsPath?: string): Promise<Nftables> {
  return createNftables(await openNetlink(netlinkNetfilter, netnsPath));
}

/** Calls back after transactions of anybody's, those of one moment together, until the signal. */
export const followNftables = (
  netnsPath: string | undefined,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> =>
  followNetlink(
    { protocol: netlinkNetfilter, group: netlinkGroups.nftables, netnsPath },
    onChange,
    signal,
  );

function createNftables(socket: NetlinkSocket): Nftables {
  return {
    commit: async (messages) => {
      if (messages.length === 0) return [];
      const replies = await socket.send(...transaction(messages));
      return replies.filter(({ type }) => type === newRuleType).map(ruleOf);
    },
    generation: async () => {
      const [reply] = await socket.send(getGeneration());
      return reply ? (attributesOf(reply).get(1)?.readUInt32BE() ?? 0) : 0;
    },
    tableComment: async (table) => {
      const [outcome] = await socket.transact([getTable(table)]);
      if (outcome?.error) return ignoreMissing(outcome.error);
      const [reply] = outcome?.replies ?? [];
      return reply ? commentOf(attributesOf(reply).get(6)) : undefined;
    },
    rules: async (table) => (await socket.send(dumpRules(table))).map(ruleOf),
    elements: async (table, set) => {
      const [outcome] = await socket.transact([dumpElements(table, set)]);
      if (outcome?.error) return ignoreMissing(outcome.error);
      return outcome?.replies.flatMap(elementsOf) ?? [];
    },
    close: () => socket.close(),
  };
}

const attributesOf = ({ body }: Reply) => readAttributes(body.subarray(headerBytes));

function ignoreMissing(error: Error & { code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** nft's form of user data: type, length, text with its zero. Empty where there is none. */
function commentOf(userdata: Buffer | undefined): string {
  if (!userdata || userdata.length < 3) return '';
  return userdata.toString('utf8', 2, Math.min(userdata.length, 2 + userdata[1]! - 1));
}

function ruleOf(reply: Reply): RuleHandle {
  const found = attributesOf(reply);
  const chain = found.get(2)?.toString('utf8').replace(/\0$/, '') ?? '';
  return { chain, handle: Number(found.get(3)?.readBigUInt64BE() ?? 0) };
}

function elementsOf(reply: Reply): StoredElement[] {
  const list = attributesOf(reply).get(3);
  if (!list) return [];
  return listAttributes(list).map(({ value }) => {
    const found = readAttributes(value);
    const [data, keyEnd] = [dataOf(found.get(2)), dataOf(found.get(10))];
    const [timeout, expires] = [found.get(4), found.get(5)];
    return {
      key: dataOf(found.get(1)) ?? '',
      ...(data !== undefined && { data }),
      ...(keyEnd !== undefined && { keyEnd }),
      ...(((found.get(3)?.readUInt32BE() ?? 0) & 1) !== 0 && { isEnd: true }),
      ...(timeout && { timeoutMs: Number(timeout.readBigUInt64BE()) }),
      ...(expires && { expiresMs: Number(expires.readBigUInt64BE()) }),
    };
  });
}

/** The bytes of a value; of a verdict, its whole attribute. */
const dataOf = (data: Buffer | undefined): string | undefined => {
  if (!data) return undefined;
  const inside = readAttributes(data);
  return (inside.get(1) ?? inside.get(2))?.toString('latin1');
};
