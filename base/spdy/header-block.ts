/**
 * The headers of a SPDY stream: names and values in one zlib stream for each direction of a
 * connection. Source: the draft "SPDY Protocol 3.1", section 2.6.10.
 */
import { constants, createInflate, type Inflate } from 'node:zlib';

export type Headers = ReadonlyMap<string, string>;

/** Decompressed; a few lines are all that anybody sends. */
const blockBytesMax = 64 * 1024;

/** Blocks must be read in the order in which they came, one at a time. */
export class HeaderReader {
  readonly #inflate: Inflate;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #fail: (error: Error) => void = () => {};

  constructor() {
    this.#inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
    this.#inflate.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#inflate.on('error', (error) => this.#fail(error));
  }

  /** Rejects for what is no header block, or too large a one. */
  read(block: Buffer): Promise<Headers> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#inflate.write(block, () => {
        const bytes = Buffer.concat(this.#chunks);
        this.#chunks = [];
        this.#bytes = 0;
        try {
          resolve(parseHeaders(bytes));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  close(): void {
    this.#fail(new Error('the connection has ended'));
    this.#inflate.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > blockBytesMax) {
      this.#fail(new Error(`a header block of more than ${blockBytesMax} bytes`));
      this.#inflate.destroy();
    }
  }
}

/** `u32 count · (u32 length · name · u32 length · value)*`. @throws Error */
export function parseHeaders(bytes: Buffer): Headers {
  const headers = new Map<string, string>();
  let at = 0;
  const number = () => {
    if (at + 4 > bytes.length) throw new Error('a header block that is cut short');
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    if (at + length > bytes.length) throw new Error('a header block that is cut short');
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  for (let count = number(); count > 0; count--) headers.set(text().toLowerCase(), text());
  return headers;
}

/**
 * Writes blocks that are stored rather than compressed, which every reader of zlib takes: our few
 * short headers are not worth a compressor's memory for each connection.
 */
export class HeaderWriter {
  #isFirst = true;

  write(headers: Headers): Buffer {
    const parts: Buffer[] = [uint32(headers.size)];
    for (const text of [...headers].flat()) {
      const bytes = Buffer.from(text);
      parts.push(uint32(bytes.length), bytes);
    }
    const block = Buffer.concat(parts);
    const head = Buffer.alloc(5); // A stored block that is not the last: 0, its length, inverted.
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xff_ff, 3);
    const begin = this.#isFirst ? zlibHead : Buffer.alloc(0);
    this.#isFirst = false;
    return Buffer.concat([begin, head, block, flushMark]);
  }
}

/** An empty block, as at the end of a zlib flush: Go's reader hands out nothing before it. */
const flushMark = Buffer.of(0, 0, 0, 0xff, 0xff);

const zlibHead = Buffer.of(0x78, 0x01);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

const dictionaryWords =
  'options head post put delete trace accept accept-charset accept-encoding accept-language ' +
  'accept-ranges age allow authorization cache-control connection content-base content-encoding ' +
  'content-language content-length content-location content-md5 content-range content-type date ' +
  'etag expect expires from host if-match if-modified-since if-none-match if-range ' +
  'if-unmodified-since last-modified location max-forwards pragma proxy-authenticate ' +
  'proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status';

const dictionaryTail =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request' +
  '401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented' +
  '503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 ' +
  'Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,' +
  'application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,' +
  'deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

/** What both sides know already; given by the draft. Its Adler-32 is 0xe3c6a7c2. */
export const dictionary: Buffer = Buffer.concat([
  ...[...dictionaryWords.split(' '), '200 OK', 'version', 'HTTP/1.1', 'url', 'public']
    .concat('set-cookie', 'keep-alive', 'origin')
    .flatMap((word) => [uint32(word.length), Buffer.from(word)]),
  Buffer.from(dictionaryTail),
]);
