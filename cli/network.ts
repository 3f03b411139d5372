/** The node's own network facts: which address is the node's, and small IPv4 arithmetic. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { UsageError } from '../base/errors.ts';

/** The IPv4 address of the link that the default route leaves by; else the only one there is. */
export function findNodeIp(): string {
  const candidates = Object.entries(networkInterfaces()).flatMap(([link, addresses]) =>
    (addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => ({ link, address })),
  );
  const uplink = defaultLink(readFileSync('/proc/self/net/route', 'utf8'));
  const chosen = candidates.find(({ link }) => link === uplink) ?? candidates[0];
  if (!chosen) throw new UsageError('this machine has no IPv4 address: give one by --node-ip');
  return chosen.address;
}

/** A TCP port that nobody has on any address now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The link of the route to 0.0.0.0/0 with the lowest metric, out of /proc/net/route. */
export function defaultLink(table: string): string | undefined {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
  const defaults = rows.filter((row) => row[1] === '00000000' && row[7] === '00000000');
  return defaults.sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
}

/** The `index`th address of a block: `addressAt('10.43.0.0/16', 10)` is `10.43.0.10`. */
export function addressAt(cidr: string, index: number): string {
  const [base, bits] = splitCidr(cidr);
  if (index >= 2 ** (32 - bits)) throw new UsageError(`${cidr} has no address ${index}`);
  const number = base + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** The first block of `bits` inside a larger one: `firstBlock('10.42.0.0/16', 24)`. */
export function firstBlock(cidr: string, bits: number): string {
  const [, own] = splitCidr(cidr);
  if (own > bits) throw new UsageError(`${cidr} is too small: a node needs a /${bits}`);
  return `${addressAt(cidr, 0)}/${bits}`;
}

function splitCidr(cidr: string): [base: number, bits: number] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match?.slice(1).map(Number) ?? [];
  if (!match || Math.max(a, b, c, d) > 255 || bits > 32) {
    throw new UsageError(`${cidr}: must be an IPv4 block such as 10.42.0.0/16`);
  }
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  return [address - (address % 2 ** (32 - bits)), bits];
}
