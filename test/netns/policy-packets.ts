/** Whole frames, each the first packet of a connection: TCP SYN, UDP datagram, SCTP INIT. */

export interface Packet {
  readonly fromMac: string;
  readonly toMac: string;
  readonly from: Buffer; // An address.
  readonly to: Buffer;
  readonly protocol: number;
  readonly fromPort: number;
  readonly toPort: number;
}

export function makeFrame(packet: Packet): Buffer {
  const { fromMac, toMac, from } = packet;
  const isIpv4 = from.length === 4;
  const body = transportOf(packet);
  const header = isIpv4 ? ipv4Header(packet, body.length) : ipv6Header(packet, body.length);
  const type = isIpv4 ? [0x08, 0x00] : [0x86, 0xdd];
  return Buffer.concat([macBytes(toMac), macBytes(fromMac), Buffer.from(type), header, body]);
}

const macBytes = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');

function ipv4Header({ from, to, protocol }: Packet, bodyLength: number): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + bodyLength, 2);
  header[8] = 64;
  header[9] = protocol;
  from.copy(header, 12);
  to.copy(header, 16);
  header.writeUInt16BE(internetSum(header), 10);
  return header;
}

function ipv6Header({ from, to, protocol }: Packet, bodyLength: number): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(bodyLength, 4);
  header[6] = protocol;
  header[7] = 64;
  from.copy(header, 8);
  to.copy(header, 24);
  return header;
}

function transportOf(packet: Packet): Buffer {
  const { protocol, fromPort, toPort } = packet;
  const body = Buffer.alloc(protocol === 6 ? 20 : protocol === 17 ? 10 : 32);
  body.writeUInt16BE(fromPort, 0);
  body.writeUInt16BE(toPort, 2);
  if (protocol === 132) return sctpInit(body);
  if (protocol === 6) {
    body.writeUInt32BE(1, 4); // Sequence.
    body[12] = 0x50;
    body[13] = 2; // SYN
    body.writeUInt16BE(64_240, 14);
    body.writeUInt16BE(pseudoSum(packet, body), 16);
  } else {
    body.writeUInt16BE(body.length, 4);
    body.write('hi', 8);
    body.writeUInt16BE(pseudoSum(packet, body), 6);
  }
  return body;
}

function sctpInit(body: Buffer): Buffer {
  body[12] = 1; // INIT
  body.writeUInt16BE(20, 14);
  body.writeUInt32BE(1, 16); // Initiate tag.
  body.writeUInt32BE(65_536, 20); // Window.
  body.writeUInt16BE(1, 24); // Streams out and in.
  body.writeUInt16BE(1, 26);
  body.writeUInt32BE(1, 28);
  body.writeUInt32LE(crc32c(body), 8);
  return body;
}

function pseudoSum({ from, to, protocol }: Packet, body: Buffer): number {
  const tail = Buffer.alloc(4);
  tail[1] = protocol;
  tail.writeUInt16BE(body.length, 2);
  return internetSum(Buffer.concat([from, to, tail, body])) || 0xffff;
}

function internetSum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The checksum of SCTP (RFC 9260 appendix A). */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
