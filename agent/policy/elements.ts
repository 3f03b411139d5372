/** Members of sets as the kernel has them: bytes. */
import {
  addressBytes,
  type Element,
  type Part,
  portBytes,
  protocolBytes,
  type SetShape,
} from '../../native/nftables.ts';
import { blockRanges } from './blocks.ts';
import { type Family, familyOf } from './layout.ts';
import type { PortRange, Protocol } from './plan-policy.ts';
import type { SourceSet } from './world.ts';

const addressPart = (family: Family): Part => (family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr');

/** The parts of a set's key. */
export function shapeOf({ name, source }: SourceSet, family: Family): SetShape {
  const comment = source.key.slice(source.kind.length + 1);
  const address = addressPart(family);
  if (source.kind === 'pods') return { name, key: [address], comment };
  if (source.kind === 'block') return { name, key: [address], flags: ['interval'], comment };
  if (source.kind === 'named') {
    return { name, key: [address, 'inet_proto', 'inet_service'], comment };
  }
  const key = ['inet_proto', 'inet_service'] as const;
  const hasRanges = source.ports.some(({ first, last }) => first !== last);
  return { name, key, ...(hasRanges && { flags: ['interval'] }), comment };
}

/** Those of one family. */
export function elementsOf(set: SourceSet, family: Family): Element[] {
  const { source, members } = set;
  if (source.kind === 'block') {
    return blockRanges(source.cidr, source.except).flatMap(({ first, after }) => [
      { key: first },
      ...(after === undefined ? [] : [{ key: after, isEnd: true }]),
    ]);
  }
  if (source.kind === 'ports') return source.ports.map((range) => portElement(range, source.ports));
  return memberElements(members, family);
}

/** `10.42.0.7`, or `10.42.0.7 tcp 80`. */
export function memberElements(members: Iterable<string>, family: Family): Element[] {
  const elements: Element[] = [];
  for (const member of members) {
    const [address = '', protocol, port] = member.split(' ');
    if (familyOf(address) !== family) continue;
    const rest = protocol ? protocolBytes(protocol as Protocol) + portBytes(Number(port)) : '';
    elements.push({ key: addressBytes(address) + rest });
  }
  return elements;
}

function portElement(range: PortRange, all: readonly PortRange[]): Element {
  const { protocol, first, last } = range;
  const key = protocolBytes(protocol) + portBytes(first);
  const isInterval = all.some((each) => each.first !== each.last);
  if (!isInterval) return { key };
  return { key, keyEnd: protocolBytes(protocol) + portBytes(last) };
}
