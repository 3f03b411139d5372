/**
 * The expressions that rules are made of (linux/netfilter/nf_tables.h). Each loads something into
 * registers, compares registers, or acts; a rule ends at the first comparison that does not hold.
 */
import type { Attributes } from './attributes.ts';

export type Expression = (list: Attributes) => void;

/** Four bytes each, 16 of them; what is longer takes several in a row. */
export const register = (index: number): number => (index === 0 ? 1 : 8 + index);

const listElement = 1;

const expression =
  (name: string, write: (data: Attributes) => void): Expression =>
  (list) => {
    list.nested(listElement, (item) => item.text(1, name).nested(2, write));
  };

const metaKeys = {
  protocol: 1, // EtherType.
  mark: 3,
  iifname: 6,
  oifname: 7,
  nfproto: 15,
  l4proto: 16,
} as const;
const ctKeys = { state: 0, status: 2 } as const;

export const loadMeta = (key: keyof typeof metaKeys, to: number): Expression =>
  expression('meta', (data) => data.u32(1, register(to)).u32(2, metaKeys[key]));

export const setMark = (from: number): Expression =>
  expression('meta', (data) => data.u32(2, metaKeys.mark).u32(3, register(from)));

export const loadConntrack = (key: keyof typeof ctKeys, to: number): Expression =>
  expression('ct', (data) => data.u32(1, register(to)).u32(2, ctKeys[key]));

const bases = { link: 0, network: 1, transport: 2 } as const;

const originalKeys = {
  protoDestination: 12,
  ipv4: { source: 19, destination: 20 },
  ipv6: { source: 21, destination: 22 },
} as const;

/** What a connection's first packet was addressed to, or came from, before any rewriting. */
export const loadOriginalAddress = (
  which: 'source' | 'destination',
  family: keyof typeof families,
  to: number,
): Expression => loadOriginal(originalKeys[family][which], to);

export const loadOriginalPort = (to: number): Expression =>
  loadOriginal(originalKeys.protoDestination, to);

const loadOriginal = (key: number, to: number): Expression =>
  expression('ct', (data) => data.u32(1, register(to)).u32(2, key).bytes(3, Uint8Array.of(0)));

export interface Field {
  readonly base: keyof typeof bases;
  readonly offset: number; // Bytes.
  readonly length: number;
}

export const loadField = ({ base, offset, length }: Field, to: number): Expression =>
  expression('payload', (data) => {
    data.u32(1, register(to)).u32(2, bases[base]).u32(3, offset).u32(4, length);
  });

const operations = { equal: 0, unequal: 1, below: 2, atMost: 3, above: 4, atLeast: 5 } as const;

/** `value` as it lies in the register: addresses and ports big-endian, marks in the host's order. */
export const compare = (
  from: number,
  operation: keyof typeof operations,
  value: Uint8Array,
): Expression =>
  expression('cmp', (data) => {
    data.u32(1, register(from)).u32(2, operations[operation]);
    data.nested(3, (inside) => inside.bytes(1, value));
  });

/** (register & mask) ^ xor, back into the register. */
export const bitwise = (at: number, mask: Uint8Array, xor: Uint8Array): Expression =>
  expression('bitwise', (data) => {
    data.u32(1, register(at)).u32(2, register(at)).u32(3, mask.length);
    data.nested(4, (inside) => inside.bytes(1, mask)).nested(5, (inside) => inside.bytes(1, xor));
  });

/** Goes on when the set has the key in the registers from `from` on (`isNot`: has it not). */
export const isIn = (set: string, from: number, isNot = false): Expression =>
  expression('lookup', (data) => {
    data.text(1, set).u32(2, register(from));
    if (isNot) data.u32(5, 1);
  });

/** Loads what the map has for the key; goes on only when it has something. */
export const loadFrom = (map: string, from: number, to: number): Expression =>
  expression('lookup', (data) => {
    data.text(1, map).u32(2, register(from)).u32(3, register(to));
  });

/** Does what the verdict map has for the key. */
export const verdictFrom = (map: string, from: number): Expression =>
  expression('lookup', (data) => data.text(1, map).u32(2, register(from)).u32(3, 0));

/** 0 to `modulus` - 1, in the host's byte order. */
export const loadRandom = (modulus: number, to: number): Expression =>
  expression('numgen', (data) => {
    data.u32(1, register(to)).u32(2, modulus).u32(3, 1).u32(4, 0);
  });

export const immediate = (value: Uint8Array, to: number): Expression =>
  expression('immediate', (data) => {
    data.u32(1, register(to)).nested(2, (inside) => inside.bytes(1, value));
  });

const codes = { accept: 1, drop: 0, return: -5, jump: -3, goto: -4 } as const;

export const verdict = (code: keyof typeof codes, chain?: string): Expression =>
  expression('immediate', (data) => {
    data.u32(1, 0).nested(2, (inside) => writeVerdict(inside, code, chain));
  });

/** NFTA_DATA_VERDICT, also of elements of verdict maps. */
export function writeVerdict(data: Attributes, code: keyof typeof codes, chain?: string): void {
  data.nested(2, (inside) => {
    inside.u32(1, codes[code]);
    if (chain !== undefined) inside.text(2, chain);
  });
}

const families = { ipv4: 2, ipv6: 10 } as const;

/** Rewrites the destination to the address and the port in the registers. */
export const destinationNat = (
  family: keyof typeof families,
  from: { readonly address: number; readonly port: number },
): Expression =>
  expression('nat', (data) => {
    data.u32(1, 1).u32(2, families[family]);
    data.u32(3, register(from.address)).u32(4, register(from.address));
    data.u32(5, register(from.port)).u32(6, register(from.port));
  });

/** Rewrites the source to the address of the way out; ports at random (NF_NAT_RANGE_PROTO_RANDOM_FULLY). */
export const masquerade: Expression = expression('masq', (data) => {
  data.u32(1, 0x10);
});

const rejections = {
  // ICMP(v6) code "port unreachable".
  unreachable: { ipv4: [0, 3], ipv6: [0, 4] },
  reset: { ipv4: [1, 0], ipv6: [1, 0] },
} as const;

export const reject = (
  kind: keyof typeof rejections,
  family: keyof typeof families,
): Expression => {
  const [type, code] = rejections[kind][family];
  return expression('reject', (data) => data.u32(1, type).bytes(2, Uint8Array.of(code)));
};

/** The type of the packet's source or destination address, as an RTN_ number in the host's order. */
export const loadAddressType = (which: 'source' | 'destination', to: number): Expression =>
  expression('fib', (data) => {
    data
      .u32(1, register(to))
      .u32(2, 3)
      .u32(3, which === 'source' ? 0x1 : 0x2);
  });

export const localAddress = Uint8Array.of(2, 0, 0, 0); // RTN_LOCAL

/** Counts packets and bytes that come this far. */
export const counter: Expression = expression('counter', (data) => {
  data.u64(1, 0n).u64(2, 0n);
});

export interface Remember {
  readonly map: string;
  readonly key: number;
  readonly data: number;
  readonly timeoutMs: number;
}

/** Writes key → data into a dynamic map, or gives an entry that is there its whole time again. */
export const remember = ({ map, key, data, timeoutMs }: Remember): Expression =>
  expression('dynset', (attributes) => {
    attributes.text(1, map).u32(3, 1).u32(4, register(key)).u32(5, register(data));
    attributes.u64(6, BigInt(timeoutMs));
  });
