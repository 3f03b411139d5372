/** Talks to nf_tables: transactions that are done whole or not at all, and what the kernel has. */
import { followNetlink, netlinkGroups } from '../netlink-events.ts';
import {
  type Message,
  type NetlinkSocket,
  netlinkFlags,
  openNetlink,
  type Reply,
} from '../netlink-socket.ts';
import { listAttributes, readAttributes } from './attributes.ts';
import {
  dumpChains,
  dumpElements,
  dumpRules,
  getChain,
  getElement,
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

export interface SetKey {
  readonly set: string;
  readonly key: string;
}

/** Handles grow: a rule that was taken away and put back has another one. */
export interface RuleHandle {
  readonly chain: string;
  readonly handle: number;
}

export interface RuleCounter {
  readonly chain: string;
  readonly comment: string;
  readonly packets: number;
  readonly bytes: number;
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
  /**
   * As commit, but rules are not told: the kernel would send more than a socket holds when there
   * are thousands of messages.
   */
  commitMany(messages: readonly Message[]): Promise<void>;
  /** All rules of a table or of one chain, in their order; of a chain that is not there, none. */
  rules(table: TableName, chain?: string): Promise<RuleHandle[]>;
  /** The counters in a table's rules. */
  counters(table: TableName): Promise<RuleCounter[]>;
  /** The names of a table's chains; none when the table is not there. */
  chains(table: TableName): Promise<string[]>;
  hasChain(table: TableName, name: string): Promise<boolean>;
  /** One for each key; undefined where the element, the set or the table is not there. */
  find(table: TableName, keys: readonly SetKey[]): Promise<(StoredElement | undefined)[]>;
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
  const dump = async (message: Message): Promise<readonly Reply[]> => {
    const [outcome] = await socket.transact([message]);
    if (outcome?.error) return ignoreMissing(outcome.error) ?? [];
    return outcome?.replies ?? [];
  };
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
    commitMany: async (messages) => {
      if (messages.length === 0) return;
      const quiet = messages.map((message, index) =>
        index === messages.length - 1 ? message : withoutAnswer(message),
      );
      await socket.send(...transaction(quiet));
    },
    rules: async (table, chain) => (await dump(dumpRules(table, chain))).map(ruleOf),
    counters: async (table) => (await dump(dumpRules(table))).flatMap(counterOf),
    chains: async (table) =>
      (await socket.send(dumpChains(table)))
        .map(attributesOf)
        .filter((found) => textOf(found.get(1)) === table.name)
        .map((found) => textOf(found.get(3))),
    hasChain: async (table, name) => {
      const [outcome] = await socket.transact([getChain(table, name)]);
      if (outcome?.error) return ignoreMissing(outcome.error) ?? false;
      return true;
    },
    find: async (table, keys) => {
      const messages = keys.map(({ set, key }) => getElement(table, set, key));
      const outcomes = await socket.transact(messages);
      return outcomes.map(({ replies, error }) => {
        if (error) return ignoreMissing(error);
        return replies.flatMap(elementsOf)[0];
      });
    },
    elements: async (table, set) => {
      const [outcome] = await socket.transact([dumpElements(table, set)]);
      if (outcome?.error) return ignoreMissing(outcome.error);
      return outcome?.replies.flatMap(elementsOf) ?? [];
    },
    close: () => socket.close(),
  };
}

const textOf = (value: Buffer | undefined) => value?.toString('utf8').replace(/\0$/, '') ?? '';

/** The chain that an element of a verdict map leads to. */
export function chainOf({ data = '' }: StoredElement): string | undefined {
  const name = readAttributes(Buffer.from(data, 'latin1')).get(2);
  return name && textOf(name);
}

/** What fails is told all the same, before the answer to the last message. */
const withoutAnswer = (message: Message): Message => ({
  ...message,
  flags: message.flags & ~netlinkFlags.echo,
  isUnanswered: true,
});

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
  return { chain: textOf(found.get(2)), handle: Number(found.get(3)?.readBigUInt64BE() ?? 0) };
}

function counterOf(reply: Reply): RuleCounter[] {
  const found = attributesOf(reply);
  const chain = textOf(found.get(2));
  return listAttributes(found.get(4) ?? Buffer.alloc(0)).flatMap(({ value }) => {
    const expression = readAttributes(value);
    if (textOf(expression.get(1)) !== 'counter') return [];
    const numbers = readAttributes(expression.get(2) ?? Buffer.alloc(0));
    const [bytes, packets] = [1, 2].map((type) => Number(numbers.get(type)?.readBigUInt64BE()));
    return [{ chain, comment: commentOf(found.get(7)), packets: packets!, bytes: bytes! }];
  });
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
