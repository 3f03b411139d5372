import test from 'ava';
import fc from 'fast-check';
import { chooseProtocol, encodeMessage, parseMessage } from './channels.ts';
import { exited, failed, outcomeText, success } from './outcome.ts';

const v5 = chooseProtocol(['v5.channel.k8s.io'])!;
const base64 = chooseProtocol(['v4.base64.channel.k8s.io'])!;

test('the newest protocol that the client knows is chosen', (t) => {
  const cases: [offered: string[], want: string | undefined][] = [
    [['v4.channel.k8s.io', 'v5.channel.k8s.io'], 'v5.channel.k8s.io'],
    [['base64.channel.k8s.io', 'v4.base64.channel.k8s.io'], 'v4.base64.channel.k8s.io'],
    [['channel.k8s.io'], 'channel.k8s.io'],
    [[], ''],
    [['mqtt'], undefined],
  ];
  for (const [offered, want] of cases) t.is(chooseProtocol(offered)?.name, want);
});

test('input, its end, and a new size are told apart', (t) => {
  const parse = (text: string | Buffer) => parseMessage(Buffer.from(text), v5);
  t.deepEqual(parse('\u0000hi'), { type: 'stdin', data: Buffer.from('hi') });
  t.deepEqual(parse(Buffer.of(255, 0)), { type: 'closeStdin' });
  const size = '\u0004{"Width":80,"Height":24}';
  t.deepEqual(parse(size), { type: 'resize', columns: 80, rows: 24 });
  const v4 = chooseProtocol(['v4.channel.k8s.io'])!;
  t.deepEqual(parseMessage(Buffer.of(255, 0), v4), { type: 'ignored' });
});

test('the base64 forms say the same in text', (t) => {
  t.is(encodeMessage(1, Buffer.from('hi'), base64), '1aGk=');
  const stdin = parseMessage(Buffer.from('0aGk='), base64);
  t.deepEqual(stdin, { type: 'stdin', data: Buffer.from('hi') });
});

test('nothing that a client sends throws', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(v5, base64), (bytes, protocol) => {
      t.truthy(parseMessage(Buffer.from(bytes), protocol).type);
    }),
  );
  for (const text of ['{"Width":-1,"Height":1}', '{"Width":"a"}', 'null', '[]', '{']) {
    t.deepEqual(parseMessage(Buffer.from(`\u0004${text}`), v5), { type: 'ignored' });
  }
});

test('the exit status is what kubectl reads its exit code from', (t) => {
  t.is(outcomeText(exited(0), true), '{"metadata":{},"status":"Success"}');
  const { reason, details } = JSON.parse(outcomeText(exited(7), true));
  t.is(reason, 'NonZeroExitCode');
  t.deepEqual(details.causes, [{ reason: 'ExitCode', message: '7' }]);
});

test('before version 4 only a failure is told, in words', (t) => {
  t.is(outcomeText(success, false), '');
  t.regex(outcomeText(exited(7), false), /exit code: exit status 7/);
  t.is(outcomeText(failed('gone'), false), 'Internal error occurred: gone');
});
