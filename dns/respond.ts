/** From a query's bytes to the response's: plans or forwards, and remembers what it made. */
import type { Forwarder, Transport } from './forward.ts';
import {
  addressesIn,
  encodeBare,
  encodeQuestion,
  encodeResponse,
  isQuery,
  parseQuery,
  type Rcode,
  type Request,
  rcode,
} from './message.ts';
import { type Directory, planAnswer, type Zone } from './plan.ts';
import type { DnsRecord } from './records.ts';

export interface ResponderOptions {
  readonly zone: Zone;
  readonly directory: Directory;
  readonly forwarder: Pick<Forwarder, 'ask' | 'isLoop'>;
}

const rotationsMax = 16;
const cachedMax = 10_000;
const aliasesMax = 8;

/** Every rotation of one response, sent in turns; only the ID is still to be filled in. */
interface Cached {
  readonly responses: readonly Buffer[];
  next: number;
}

export class Responder {
  readonly #options: ResponderOptions;
  readonly #cache = new Map<string, Cached>();
  #isReady = false;
  #turn = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** From now on what is not in the directory does not exist. */
  setReady(): void {
    this.#isReady = true;
  }

  /** The directory has changed. */
  forget(): void {
    this.#cache.clear();
  }

  /**
   * Never throws and never rejects, whatever the bytes are. Undefined: stay silent (not a query).
   * What the directory knows is answered at once, without a promise.
   */
  respond(query: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer> {
    if (!isQuery(query)) return undefined;
    // Everything but the ID: the same question with the same options has the same answer.
    const key = transport + query.toString('latin1', 2);
    const cached = this.#cache.get(key);
    if (cached) return withId(cached.responses[cached.next++ % cached.responses.length]!, query);
    const request = parseQuery(query, transport);
    return typeof request === 'number' ? encodeBare(query, request) : this.#answer(request, key);
  }

  #answer(request: Request, key: string): Buffer | Promise<Buffer> {
    const { zone, directory, forwarder } = this.#options;
    const plan = planAnswer(request, directory, zone);
    if (!plan) {
      if (forwarder.isLoop(request.query)) return encodeError(request, rcode.refused);
      return this.#forward(request);
    }
    // Before the first list everything would seem not to exist.
    if (!this.#isReady) return encodeError(request, rcode.servFail);
    const alias = aliasIn(plan.answers);
    if (alias !== undefined && isAddressType(request.type)) {
      return this.#followAlias(request, alias, plan.answers);
    }
    const code = plan.exists ? rcode.ok : rcode.nxDomain;
    const encoded = (turn: number) =>
      encodeResponse(request, { ...plan, answers: rotate(plan.answers, turn), code });
    const turn = this.#turn++;
    if (!request.isPlain) return encoded(turn);
    const turns = Math.min(rotationsMax, Math.max(1, plan.answers.length));
    const responses = Array.from({ length: turns }, (_, index) => encoded(index));
    if (this.#cache.size >= cachedMax) this.#cache.clear();
    this.#cache.set(key, { responses, next: turn + 1 });
    return withId(responses[turn % turns]!, request.query);
  }

  async #forward(request: Request): Promise<Buffer> {
    const answer = await this.#options.forwarder.ask(request.query, request.transport);
    return answer ?? encodeError(request, rcode.servFail);
  }

  /** Small resolvers, such as musl's, do not follow a CNAME: they expect the whole chain. */
  async #followAlias(
    request: Request,
    alias: string,
    start: readonly DnsRecord[],
  ): Promise<Buffer> {
    const { zone, directory, forwarder } = this.#options;
    const answers = [...start];
    let next: string | undefined = alias;
    for (let hops = 0; next !== undefined && hops < aliasesMax; hops++) {
      const plan = planAnswer({ name: next, type: request.type }, directory, zone);
      // TCP, so that a long answer comes whole: the client sees only ours.
      const found: readonly DnsRecord[] =
        plan?.answers ??
        addressesIn(await forwarder.ask(encodeQuestion(next, request.type), 'tcp'));
      answers.push(...found);
      next = plan ? aliasIn(found) : undefined;
    }
    return encodeResponse(request, { code: rcode.ok, answers, additionals: [], authorities: [] });
  }
}

/** Clients that take the first address spread over all of them. */
function rotate(answers: readonly DnsRecord[], turn: number): DnsRecord[] {
  const start = answers.length === 0 ? 0 : turn % answers.length;
  return [...answers.slice(start), ...answers.slice(0, start)];
}

/** A copy: the socket may still be sending the last one. */
function withId(response: Buffer, query: Buffer): Buffer {
  const copy = Buffer.from(response);
  query.copy(copy, 0, 0, 2);
  return copy;
}

const aliasIn = (records: readonly DnsRecord[]): string | undefined => {
  const alias = records.find((record) => record.type === 'CNAME');
  return alias?.type === 'CNAME' ? alias.data : undefined;
};

const isAddressType = (type: string) => type === 'A' || type === 'AAAA';

const encodeError = (request: Request, code: Rcode): Buffer =>
  encodeResponse(request, { code, answers: [], additionals: [], authorities: [] });
