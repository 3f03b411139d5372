/** Walks packets through chains as the kernel would, and tells who answers. */
import { BlockList } from 'node:net';
import { type Answer, type Answers, type Source, sourcesOf } from './proxy-answers.ts';
import type { Family } from './proxy-objects.ts';

type Chains = ReadonlyMap<string, readonly string[]>;

interface Packet {
  readonly table: 'nat' | 'filter';
  readonly source: Source;
  /** `node`: an address of the node itself. */
  readonly destination: string;
  readonly protocol: string;
  readonly port: string;
}

interface Outcome {
  readonly verdict: 'through' | 'return' | 'refused' | 'dropped' | 'accepted' | `to ${string}`;
  readonly isMarked: boolean;
  readonly isSticky: boolean;
}

/** For every front that a rule names. */
export function readChains(chains: Chains, family: Family): Answers {
  const answers: Answers = new Map();
  for (const front of frontsIn(chains)) {
    answers.set(
      front,
      sourcesOf[family].map((source) => answerTo(chains, front, source)),
    );
  }
  return answers;
}

function frontsIn(chains: Chains): Set<string> {
  const fronts = new Set<string>();
  for (const chain of [
    'nat KUBE-SERVICES',
    'nat KUBE-NODEPORTS',
    'filter KUBE-SERVICES',
    'filter KUBE-EXTERNAL-SERVICES',
  ]) {
    for (const rule of chains.get(chain) ?? []) {
      const [, protocol, port] = /-p (\w+) .*--dport (\d+) /.exec(rule) ?? [];
      const address = /^-d ([^/ ]+)\//.exec(rule)?.[1] ?? 'node';
      if (port) fronts.add(`${address} ${protocol} ${port}`);
    }
  }
  return fronts;
}

function answerTo(chains: Chains, front: string, source: Source): Answer {
  const [destination = '', protocol = '', port = ''] = front.split(' ');
  const packet = { source, destination, protocol, port };
  const isOwn = source.name === 'node';
  const walker = new Walker(chains);
  const turned = walker.walk(isOwn ? 'OUTPUT' : 'PREROUTING', { ...packet, table: 'nat' });
  const places = turned.filter(({ verdict }) => verdict.startsWith('to '));
  if (places.length > 0) {
    if (places.length !== turned.length) throw new Error(`${front} is sometimes turned`);
    const all = new Set(places.map(({ verdict }) => verdict.slice('to '.length)));
    const isMarked = places.every((each) => each.isMarked);
    if (!isMarked && places.some((each) => each.isMarked))
      throw new Error(`${front} is sometimes marked`);
    const sticky = places.some((each) => each.isSticky) ? ' sticky' : '';
    return `${isMarked ? 'as node ' : ''}to ${[...all].sort().join(' ')}${sticky}`;
  }
  const hook = isOwn ? 'OUTPUT' : destination === 'node' ? 'INPUT' : 'FORWARD';
  const [outcome] = walker.walk(hook, { ...packet, table: 'filter' });
  return outcome!.verdict;
}

class Walker {
  readonly #chains: Chains;

  constructor(chains: Chains) {
    this.#chains = chains;
  }

  /** All ways that chance may lead. */
  walk(chain: string, packet: Packet, mark = false): Outcome[] {
    const outcomes: Outcome[] = [];
    let isMarked = mark;
    for (const rule of this.#chains.get(`${packet.table} ${chain}`) ?? []) {
      if (!isMatched(rule, packet)) continue;
      const [, target = '', rest = ''] = /-j (\S+) ?(.*)$/.exec(rule) ?? [];
      const isSticky = rule.includes('--rcheck');
      if (target === 'KUBE-MARK-MASQ') {
        isMarked = true;
        continue;
      }
      const verdict = verdictOf(target, rest);
      const found: Outcome[] = verdict
        ? [{ verdict, isMarked, isSticky: false }]
        : this.walk(target, packet, isMarked).map((each) => ({
            ...each,
            isSticky: each.isSticky || isSticky,
          }));
      const isChance = rule.includes('-m statistic') || isSticky;
      const ends = found.filter(({ verdict: each }) => each !== 'through' && each !== 'return');
      outcomes.push(...ends);
      if (isChance) continue;
      if (ends.length === found.length) return outcomes;
      isMarked ||= found.some((each) => each.verdict === 'through' && each.isMarked);
    }
    return [...outcomes, { verdict: 'through', isMarked, isSticky: false }];
  }
}

function verdictOf(target: string, rest: string): Outcome['verdict'] | undefined {
  if (target === 'DNAT') {
    const [, address, port] = /--to-destination \[?([^\] ]+?)\]?:(\d+)$/.exec(rest)!;
    return `to ${address} ${port}`;
  }
  return ({ REJECT: 'refused', DROP: 'dropped', ACCEPT: 'accepted', RETURN: 'return' } as const)[
    target
  ];
}

/** Throws for a match that it does not know. */
function isMatched(rule: string, packet: Packet): boolean {
  const text = rule
    .replace(/-m comment --comment (?:"[^"]*"|\S+)/, '')
    .replace(/-j .*$/, '')
    .replace(/-m (?:tcp|udp|addrtype|mark|statistic|conntrack) /g, ' ')
    .replace(/-m recent .*?--rsource/, '')
    .replace(/--mode random --probability \S+/, '');
  const isSame = (value: string, wanted: string) => {
    const [address = '', length] = wanted.split('/');
    if (length === '32' || length === '128') return value === address;
    // Ranges of pods, of Services and those of the test, all whole groups or octets.
    return inRange(value, wanted);
  };
  const rules: Record<string, (value: string) => boolean> = {
    '-d': (value) => (packet.destination === 'node' ? false : isSame(packet.destination, value)),
    '-s': (value) => isSame(packet.source.address, value),
    '-p': (value) => packet.protocol === value,
    '--dport': (value) => packet.port === value,
    '--dst-type': () => packet.destination === 'node',
    '--src-type': () => packet.source.name === 'node',
    '--ctstate': (value) => value === 'NEW',
    '--mark': () => false,
  };
  const words = text.split(' ').filter(Boolean);
  for (let index = 0; index < words.length; ) {
    const isNot = words[index] === '!';
    if (isNot) index++;
    const check = rules[words[index]!];
    if (!check) throw new Error(`what is ${words[index]} in ${rule}`);
    if (check(words[index + 1]!) === isNot) return false;
    index += 2;
  }
  return true;
}

function inRange(address: string, range: string): boolean {
  const list = new BlockList();
  const [network = '', length] = range.split('/');
  const family = network.includes(':') ? 'ipv6' : 'ipv4';
  list.addSubnet(network, Number(length), family);
  return list.check(address, family);
}
