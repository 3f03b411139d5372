import test from 'ava';
import { type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import { directoryOf } from './fake-directory.ts';
import type { Transport } from './forward.ts';
import { Responder } from './respond.ts';

const many = Array.from({ length: 60 }, (_, index) => `10.42.0.${index + 2}`);
const directory = directoryOf({
  namespaces: ['default'],
  services: [
    service('web', { clusterIP: '10.43.0.5', ports: [{ port: 80 }] }),
    service('few', { clusterIP: 'None' }),
    service('many', { clusterIP: 'None' }),
    service('away', { type: 'ExternalName', externalName: 'example.com' }),
    service('near', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
    service('round', { type: 'ExternalName', externalName: 'round.default.svc.cluster.local' }),
  ],
  slices: [slice('few', many.slice(0, 3)), slice('many', many)],
});

/** What upstreams answer, by name. */
function responder(upstream: Record<string, string> = {}, isLoop = false): Responder {
  const made = new Responder({
    zone: { domain: 'cluster.local', serial: 1 },
    directory,
    forwarder: {
      isLoop: () => isLoop,
      ask: async (query: Buffer) => {
        const { id, questions = [] } = decode(query);
        const address = upstream[questions[0]!.name];
        if (address === undefined) return undefined;
        const answers = [{ type: 'A', name: questions[0]!.name, data: address } as const];
        return encode({ type: 'response', id: id ?? 0, questions, answers });
      },
    },
  });
  made.setReady();
  return made;
}

test('an answer carries the ID, the question in its own case, and that it is ours', async (t) => {
  const answer = await ask(responder(), 'WEB.default.svc.cluster.local');
  t.is(answer.id, 1234);
  t.is(answer.questions?.[0]?.name, 'WEB.default.svc.cluster.local');
  t.true(answer.flag_aa);
  t.true(answer.flag_ra);
  t.deepEqual(addresses(answer), ['10.43.0.5']);
});

test('several addresses take turns at the front, kept or not', async (t) => {
  const one = responder();
  const firsts = [];
  for (let turn = 0; turn < 6; turn++) {
    firsts.push(addresses(await ask(one, 'few.default.svc.cluster.local'))[0]);
  }
  t.is(new Set(firsts).size, 3);
  const cookie = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    options: [{ code: 'COOKIE', data: Buffer.alloc(8) }],
  };
  const turns = new Set<string | undefined>();
  for (let turn = 0; turn < 6; turn++) {
    const additionals = [cookie] as unknown as Packet['additionals'];
    turns.add(addresses(await ask(one, 'few.default.svc.cluster.local', { additionals }))[0]);
  }
  t.is(turns.size, 3);
});

test('what was kept is forgotten when the directory changes', async (t) => {
  const services = [service('web', { clusterIP: '10.43.0.5' })];
  const changing = directoryOf({ namespaces: ['default'], services, slices: [] });
  const one = new Responder({
    zone: { domain: 'cluster.local', serial: 1 },
    directory: changing,
    forwarder: { isLoop: () => false, ask: async () => undefined },
  });
  one.setReady();
  const name = 'web.default.svc.cluster.local';
  t.deepEqual(addresses(await ask(one, name)), ['10.43.0.5']);
  services[0] = service('web', { clusterIP: '10.43.0.6' });
  one.forget();
  t.deepEqual(addresses(await ask(one, name)), ['10.43.0.6']);
});

test('a long answer is cut by UDP, with TC, and whole by TCP', async (t) => {
  const name = 'many.default.svc.cluster.local';
  const cut = await ask(responder(), name);
  t.true(cut.flag_tc);
  t.true(addresses(cut).length > 0);
  const additionals = [
    { type: 'OPT', name: '.', udpPayloadSize: 4096, options: [] },
  ] as unknown as Packet['additionals'];
  const query = encode({
    type: 'query',
    id: 1,
    questions: [{ type: 'A', name }],
    additionals: additionals!,
  });
  const bytes = (await responder().respond(query, 'udp'))!;
  t.true(bytes.length > 512 && bytes.length <= 1232, `${bytes.length}`);
  const whole = await ask(responder(), name, {}, 'tcp');
  t.false(whole.flag_tc);
  t.is(addresses(whole).length, 60);
});

test('nothing is said not to exist before the API has been listed', async (t) => {
  const early = new Responder({
    zone: { domain: 'cluster.local', serial: 1 },
    directory,
    forwarder: { isLoop: () => false, ask: async () => undefined },
  });
  t.is((await ask(early, 'nope.default.svc.cluster.local')).rcode, 'SERVFAIL');
  early.setReady();
  t.is((await ask(early, 'nope.default.svc.cluster.local')).rcode, 'NXDOMAIN');
});

test('other names are asked of upstreams; a loop is refused; without an answer it is SERVFAIL', async (t) => {
  t.deepEqual(addresses(await ask(responder({ 'example.com': '192.0.2.1' }), 'example.com')), [
    '192.0.2.1',
  ]);
  t.is((await ask(responder(), 'example.com')).rcode, 'SERVFAIL');
  t.is((await ask(responder({}, true), 'example.com')).rcode, 'REFUSED');
});

test('an alias is followed, into the world, into the cluster, and not for ever', async (t) => {
  const one = responder({ 'example.com': '192.0.2.1' });
  t.deepEqual(addresses(await ask(one, 'away.default.svc.cluster.local')), [
    'example.com',
    '192.0.2.1',
  ]);
  t.deepEqual(addresses(await ask(one, 'near.default.svc.cluster.local')), [
    'web.default.svc.cluster.local',
    '10.43.0.5',
  ]);
  t.is((await ask(one, 'round.default.svc.cluster.local')).rcode, 'NOERROR');
});

test('what cannot be understood is answered as the RFCs say, or not at all', async (t) => {
  const good = encode({ type: 'query', id: 1234, questions: [{ type: 'A', name: 'a.b' }] });
  const changed = (at: number, ...bytes: number[]) => {
    const copy = Buffer.from(good);
    copy.set(bytes, at);
    return copy;
  };
  const cases: [string, Buffer, string | undefined][] = [
    ['too short', good.subarray(0, 11), undefined],
    ['a response', changed(2, 0x80), undefined],
    ['no question', changed(4, 0, 0), 'FORMERR'],
    ['two questions', changed(4, 0, 2), 'FORMERR'],
    ['cut in the name', good.subarray(0, 14), 'FORMERR'],
    ['a name that points to itself', changed(12, 0xc0, 12), 'FORMERR'],
    ['an update', changed(2, 5 << 3), 'NOTIMP'],
    ['class CHAOS', changed(good.length - 2, 0, 3), 'REFUSED'],
    ['ANY', changed(good.length - 4, 0, 255), 'NOTIMP'],
    ['bytes that are no name', changed(13, 0), 'FORMERR'],
  ];
  for (const [what, query, rcode] of cases) {
    const response = await responder().respond(query, 'udp');
    t.is(response && (decode(response) as Decoded).rcode, rcode, what);
    if (response) t.is(response.readUInt16BE(0), 1234, what);
  }
});

type Given = Partial<Packet>;

async function ask(
  one: Responder,
  name: string,
  given: Given = {},
  transport: Transport = 'udp',
): Promise<Decoded> {
  const query = encode({ type: 'query', id: 1234, questions: [{ type: 'A', name }], ...given });
  return decode((await one.respond(query, transport))!) as Decoded;
}

/** dns-packet decodes the code as well, which its types do not say. */
type Decoded = DecodedPacket & { readonly rcode: string };

const addresses = (packet: DecodedPacket): string[] =>
  (packet.answers ?? []).map((record) => String('data' in record ? record.data : ''));

function service(name: string, spec: object) {
  return { metadata: { namespace: 'default', name }, spec };
}

function slice(of: string, ips: readonly string[]) {
  return {
    metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    endpoints: ips.map((ip) => ({ addresses: [ip] })),
  };
}
