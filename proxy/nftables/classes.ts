/** Writes the chains of a class of fronts: who is masqueraded, and how an endpoint is chosen. Pure. */

import type { Message } from '../../native/nftables.ts';
import {
  compare,
  destinationNat,
  type Expression,
  isIn,
  loadAddressType,
  loadField,
  loadFrom,
  loadOriginalAddress,
  loadRandom,
  localAddress,
  newChain,
  newRule,
  newSet,
  remember,
  verdict,
} from '../../native/nftables.ts';
import type { Family } from '../plan-address.ts';
import { type Class, className, type LayoutOptions, setsOf } from './layout.ts';
import {
  addressRegisters,
  frontParts,
  isFromPods,
  loadAddress,
  loadFront,
  loadOriginalFront,
  markToMasquerade,
  tableOf,
} from './structure.ts';

/** One way to choose: among how many, from which map. Classes share them. */
interface Choice {
  readonly front: Class['front'];
  readonly isLocal: boolean;
  readonly count: number;
  readonly stickySeconds: number;
}

const choiceName = ({ front, isLocal, count, stickySeconds }: Choice): string =>
  [
    'choose',
    ...(front === 'services' ? [] : [front]),
    ...(isLocal ? ['local'] : []),
    count,
    ...(stickySeconds > 0 ? ['sticky', stickySeconds] : []),
  ].join('-');

/** Makes sets and chains for classes as they are first needed. They stay until all is rewritten. */
export class Classes {
  readonly #options: LayoutOptions;
  readonly #sets = new Set<string>();
  readonly #choices = new Set<string>();

  constructor(options: LayoutOptions) {
    this.#options = options;
  }

  /** The names of the sets made so far. */
  get sets(): ReadonlySet<string> {
    return this.#sets;
  }

  /** The messages that are still needed for this class. */
  need(wanted: Class): Message[] {
    const name = className(wanted);
    if (this.#sets.has(name)) return [];
    this.#sets.add(name);
    const { family } = this.#options;
    const table = tableOf(family);
    const { load } = loadFront(wanted.front, family);
    const { before, chain } = this.#chainsOf(wanted);
    return [
      ...before,
      newSet(table, { name, key: frontParts(wanted.front, family) }, 0),
      newRule(table, wanted.front, {
        expressions: [...load, isIn(name, 0), verdict('goto', chain)],
      }),
      ...(wanted.stickySeconds > 0
        ? [newRule(table, 'remember', { expressions: rememberRule(wanted, family) })]
        : []),
    ];
  }

  #chainsOf(wanted: Class): { before: Message[]; chain: string } {
    const { kind, cluster, local, front, stickySeconds } = wanted;
    const choice = (isLocal: boolean, count: number) => ({ front, isLocal, count, stickySeconds });
    if (kind === 'internal') return this.#choose(choice(false, cluster));
    if (kind === 'internal-local') return this.#choose(choice(true, local));
    const all = this.#choose(choice(false, cluster));
    const mark = markToMasquerade(this.#options.masqueradeBit);
    const chain = `to-${className(wanted)}`;
    if (kind === 'external') {
      const rules = [[...mark, verdict('goto', all.chain)]];
      return { before: [...all.before, ...this.#chain(chain, rules)], chain };
    }
    const here = local > 0 ? this.#choose(choice(true, local)) : undefined;
    const rules = [
      ...this.#fromThisNode(mark, all.chain),
      ...(here ? [[verdict('goto', here.chain)]] : []),
    ];
    return {
      before: [...all.before, ...(here?.before ?? []), ...this.#chain(chain, rules)],
      chain,
    };
  }

  /** The node and its pods may go anywhere: for them it is only a way to the Service. */
  #fromThisNode(mark: readonly Expression[], chain: string): Expression[][] {
    return [
      [...isFromPods(this.#options), verdict('goto', chain)],
      [
        loadAddressType('source', 0),
        compare(0, 'equal', localAddress),
        ...mark,
        verdict('goto', chain),
      ],
    ];
  }

  #choose(choice: Choice): { before: Message[]; chain: string } {
    const chain = choiceName(choice);
    if (this.#choices.has(chain)) return { before: [], chain };
    this.#choices.add(chain);
    return { before: this.#chain(chain, choiceRules(choice, this.#options)), chain };
  }

  #chain(name: string, rules: readonly (readonly Expression[])[]): Message[] {
    const table = tableOf(this.#options.family);
    return [
      newChain(table, name),
      ...rules.map((expressions) => newRule(table, name, { expressions })),
    ];
  }
}

function choiceRules(choice: Choice, { family }: LayoutOptions): Expression[][] {
  const { front, isLocal, count, stickySeconds } = choice;
  const { load, next } = loadFront(front, family);
  const own = setsOf(front);
  const size = addressRegisters(family);
  const endpoint = { address: next + 1, port: next + 1 + size };
  const choose = [
    ...load,
    loadRandom(count, next),
    loadFrom(isLocal ? own.localEndpoints : own.endpoints, 0, endpoint.address),
    destinationNat(family, endpoint),
  ];
  if (stickySeconds === 0) return [choose];
  const earlier = { address: next + size, port: next + 2 * size };
  const stay = [
    ...load,
    loadAddress('source', family, next),
    loadFrom(own.affinity, 0, earlier.address),
    destinationNat(family, earlier),
  ];
  return [stay, choose];
}

/** Notes where a client of the class has gone, once that has been decided. */
function rememberRule(wanted: Class, family: Family): Expression[] {
  const { front, stickySeconds } = wanted;
  const { load, next } = loadOriginalFront(front, family);
  const endpoint = next + addressRegisters(family);
  return [
    ...load,
    isIn(className(wanted), 0),
    loadOriginalAddress('source', family, next),
    loadAddress('destination', family, endpoint),
    loadField({ base: 'transport', offset: 2, length: 2 }, endpoint + addressRegisters(family)),
    remember({
      map: setsOf(front).affinity,
      key: 0,
      data: endpoint,
      timeoutMs: stickySeconds * 1000,
    }),
  ];
}
