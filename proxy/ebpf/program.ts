/**
 * Programs that turn a Service's address into an endpoint's when a socket connects or sends, so
 * that no packet ever carries the Service's. Pure.
 *
 * Layouts of the tables; addresses and ports as in a packet, all else in the host's order:
 *   services   address, port (2), protocol (1), zero (1)   →   count (4), id (4)
 *   endpoints  id (4), index (4)                           →   address, port (2), zero (2)
 *   origins    socket (8), address, port (2), zero (2)     →   address, port (2), protocol (1), zero
 */
import { Assembler, type Register } from '../../native/bpf.ts';
import type { Family } from '../plan-address.ts';

export interface Tables {
  readonly services: number;
  readonly endpoints: number;
  /** Which Service a datagram socket meant: answers must come from there. */
  readonly origins: number;
}

/** Fields of struct bpf_sock_addr. */
const fields = { ipv4: 4, ipv6: 8, port: 24, protocol: 36 } as const;

export const addressBytesOf = (family: Family): number => (family === 'ipv4' ? 4 : 16);

export const sizesOf = (family: Family) => {
  const address = addressBytesOf(family);
  return {
    services: { keyBytes: address + 4, valueBytes: 8 },
    endpoints: { keyBytes: 8, valueBytes: address + 4 },
    origins: { keyBytes: address + 12, valueBytes: address + 4 },
  };
};

/** Places below the stack's end; each is aligned for its first field. */
const front = -24;
const choice = -32;
const origin = -64;

const context: Register = 6;
const stack: Register = 10;
const protocolOfUdp = 17;

/** For connect(2), and for datagrams that are sent without one. */
export function chooseProgram(family: Family, tables: Tables): Buffer {
  const size = addressBytesOf(family);
  const code = new Assembler().copy(context, 1);
  copyAddress(code, { family, from: context, offset: fields[family], to: front });
  code
    .load('word', 2, context, fields.port)
    .store('half', stack, front + size, 2)
    .load('word', 2, context, fields.protocol)
    .store('byte', stack, front + size + 2, 2)
    .storeValue('byte', stack, front + size + 3, 0);
  lookUp(code, tables.services, front);
  code
    .load('word', 7, 0, 0) // Count.
    .load('word', 8, 0, 4) // Id.
    .jump('equal', 'pass', 7)
    .call('random')
    .remainder(0, 7)
    .store('word', stack, choice, 8)
    .store('word', stack, choice + 4, 0);
  lookUp(code, tables.endpoints, choice);
  code
    .copy(9, 0)
    .load('byte', 2, stack, front + size + 2)
    .jump('unequal', 'write', 2, protocolOfUdp);
  rememberOrigin(code, family, tables.origins);
  code.label('write');
  copyBack(code, { family, from: 9, size });
  return code.label('pass').set(0, 1).exit().assemble();
}

/** For recvmsg(2): an answer comes from the Service that was asked. */
export function answerProgram(family: Family, tables: Tables): Buffer {
  const size = addressBytesOf(family);
  const code = new Assembler().copy(context, 1).call('socketCookie');
  code.store('double', stack, origin, 0);
  copyAddress(code, { family, from: context, offset: fields[family], to: origin + 8 });
  code
    .load('word', 2, context, fields.port)
    .store('half', stack, origin + 8 + size, 2)
    .storeValue('half', stack, origin + 8 + size + 2, 0);
  lookUp(code, tables.origins, origin);
  code.copy(9, 0);
  copyBack(code, { family, from: 9, size });
  return code.label('pass').set(0, 1).exit().assemble();
}

/** r0 becomes what the table has for the key on the stack; without one the packet passes as it is. */
function lookUp(code: Assembler, table: number, key: number): void {
  code.loadMap(1, table).copy(2, stack).add(2, key).call('lookup').jump('equal', 'pass');
}

function rememberOrigin(code: Assembler, family: Family, origins: number): void {
  const size = addressBytesOf(family);
  code.copy(1, context).call('socketCookie').store('double', stack, origin, 0);
  copyAddress(code, { family, from: 9, offset: 0, to: origin + 8 });
  code
    .load('half', 2, 9, size)
    .store('half', stack, origin + 8 + size, 2)
    .storeValue('half', stack, origin + 8 + size + 2, 0)
    .loadMap(1, origins)
    .copy(2, stack)
    .add(2, origin)
    .copy(3, stack)
    .add(3, front)
    .set(4, 0)
    .call('update');
}

interface Copy {
  readonly family: Family;
  readonly from: Register;
  readonly offset: number;
  readonly to: number; // On the stack.
}

function copyAddress(code: Assembler, { family, from, offset, to }: Copy): void {
  for (let at = 0; at < addressBytesOf(family); at += 4) {
    code.load('word', 2, from, offset + at).store('word', stack, to + at, 2);
  }
}

/** Writes address and port at `from` into the socket call. */
function copyBack(
  code: Assembler,
  { family, from, size }: { family: Family; from: Register; size: number },
): void {
  for (let at = 0; at < size; at += 4) {
    code.load('word', 2, from, at).store('word', context, fields[family] + at, 2);
  }
  code.load('half', 2, from, size).store('word', context, fields.port, 2);
}
