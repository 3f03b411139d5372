/** The bytes of queries and responses: what dns-packet does, and what it leaves to us. */
import { type DecodedPacket, decode, encode, type Answer as PacketRecord } from 'dns-packet';
import type { Transport } from './forward.ts';
import type { DnsRecord } from './records.ts';

export const rcode = {
  ok: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
} as const;
export type Rcode = (typeof rcode)[keyof typeof rcode];

export interface Request {
  readonly query: Buffer;
  readonly transport: Transport;
  readonly name: string;
  readonly type: string;
  /** What the client takes by UDP when it speaks EDNS; undefined when it does not. */
  readonly ednsBytes: number | undefined;
  /** Without options that differ from query to query (cookies): its answer may be kept. */
  readonly isPlain: boolean;
}

export interface Response {
  readonly code: Rcode;
  readonly answers: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

const headerBytes = 12;
const plainBytesMax = 512; // RFC 1035, without EDNS.
const ednsBytesMax = 1232; // Fits every path without fragments (DNS flag day 2020).
const flag = { response: 0x8000, authoritative: 0x400, truncated: 0x200, desired: 0x100 } as const;
const recursionAvailable = 0x80;

/** A query that is worth an answer at all: long enough, and not itself a response. */
export const isQuery = (bytes: Buffer): boolean =>
  bytes.length >= headerBytes && (bytes.readUInt16BE(2) & flag.response) === 0;

/** The one question that it asks, or what is wrong with it. */
export function parseQuery(query: Buffer, transport: Transport): Request | Rcode {
  const opcode = (query.readUInt16BE(2) >> 11) & 0xf;
  if (opcode !== 0) return rcode.notImp;
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) =>
    query.readUInt16BE(at),
  );
  if (questions !== 1 || answers !== 0 || authorities !== 0 || additionals! > 2) {
    return rcode.formErr;
  }
  const packet = decodeSafely(query);
  const question = packet?.questions?.[0];
  if (!packet || !question || !isPlainName(question.name)) return rcode.formErr;
  if (question.class !== undefined && question.class !== 'IN') return rcode.refused;
  // RFC 8482: nobody needs it but those who want a small query to cause a large answer.
  if (String(question.type) === 'ANY') return rcode.notImp;
  const opt = packet.additionals?.find(({ type }) => type === 'OPT');
  return {
    query,
    transport,
    name: question.name,
    type: question.type,
    ednsBytes: opt?.type === 'OPT' ? opt.udpPayloadSize : undefined,
    isPlain: opt?.type !== 'OPT' || opt.options.length === 0,
  };
}

/** Labels with other bytes, or dots, would not survive being text; no name here has any. */
const isPlainName = (name: string): boolean =>
  name === '.' || /^[\x21-\x2d\x2f-\x7e]+(?:\.[\x21-\x2d\x2f-\x7e]+)*$/.test(name);

/** The response's bytes; by UDP cut to what the client takes, with TC set so that it asks by TCP. */
export function encodeResponse(request: Request, response: Response): Buffer {
  const whole = build(request, response, false);
  const bytesMax =
    request.ednsBytes === undefined
      ? plainBytesMax
      : Math.min(Math.max(request.ednsBytes, plainBytesMax), ednsBytesMax);
  if (request.transport === 'tcp' || whole.length <= bytesMax) return whole;
  const bare = build(request, { ...response, additionals: [] }, false);
  if (bare.length <= bytesMax) return bare;
  let count = response.answers.length;
  for (;;) {
    // Half of them, until they fit: a part is good enough for clients that do not ask again.
    count = Math.floor(count / 2);
    const answers = response.answers.slice(0, count);
    const cut = build(request, { ...response, answers, additionals: [] }, true);
    if (cut.length <= bytesMax || count === 0) return cut;
  }
}

/** The header alone, for queries that could not be understood. */
export function encodeBare(query: Buffer, code: Rcode): Buffer {
  const header = Buffer.alloc(headerBytes);
  query.copy(header, 0, 0, 2);
  const kept = query.readUInt16BE(2) & (0x7800 | flag.desired);
  header.writeUInt16BE(flag.response | kept | code, 2);
  return header;
}

/** A query of our own; the ID is for the forwarder to choose. */
export const encodeQuestion = (name: string, type: string): Buffer =>
  encode({
    type: 'query',
    flags: flag.desired,
    questions: [{ name, type: type as 'A' }],
  });

/** Addresses and aliases in somebody else's response; none when it is malformed. */
export function addressesIn(response: Buffer | undefined): DnsRecord[] {
  const packet = response && decodeSafely(response);
  return (packet?.answers ?? []).flatMap((record) =>
    record.type === 'A' || record.type === 'AAAA' || record.type === 'CNAME'
      ? { type: record.type, name: record.name, ttl: record.ttl ?? 0, data: record.data }
      : [],
  );
}

function build(request: Request, response: Response, isTruncated: boolean): Buffer {
  const { query, name, type, ednsBytes } = request;
  const { code, answers, authorities, additionals } = response;
  const asked = query.readUInt16BE(2) & flag.desired;
  const own = code === rcode.ok || code === rcode.nxDomain ? flag.authoritative : 0;
  const truncated = isTruncated ? flag.truncated : 0;
  return encode({
    type: 'response',
    id: query.readUInt16BE(0),
    flags: asked | own | truncated | recursionAvailable | code,
    questions: [{ name, type: type as 'A' }],
    answers: answers as PacketRecord[],
    authorities: authorities as PacketRecord[],
    additionals: [...(additionals as PacketRecord[]), ...(ednsBytes === undefined ? [] : [opt])],
  });
}

const opt = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: ednsBytesMax,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
} as unknown as PacketRecord;

function decodeSafely(bytes: Buffer): DecodedPacket | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined; // dns-packet throws plain errors and RangeErrors for malformed bytes.
  }
}
