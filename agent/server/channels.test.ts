import test from 'ava';
import fc from 'fast-check';
import { exitStatus, parseMessage } from './channels.ts';

test('input, its end, and a new size are told apart', (t) => {
  t.deepEqual(parseMessage(Buffer.from('\u0000hi')), { type: 'stdin', data: Buffer.from('hi') });
  t.deepEqual(parseMessage(Buffer.of(255, 0)), { type: 'closeStdin' });
  const size = Buffer.from('\u0004{"Width":80,"Height":24}');
  t.deepEqual(parseMessage(size), { type: 'resize', columns: 80, rows: 24 });
});

test('nothing that a client sends throws', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      t.truthy(parseMessage(Buffer.from(bytes)).type);
    }),
  );
  for (const text of ['{"Width":-1,"Height":1}', '{"Width":"a"}', 'null', '[]', '{']) {
    t.deepEqual(parseMessage(Buffer.from(`\u0004${text}`)), { type: 'ignored' });
  }
});

test('the exit status is what kubectl reads its exit code from', (t) => {
  t.is(String(exitStatus(0)), '\u0003{"metadata":{},"status":"Success"}');
  const { reason, details } = JSON.parse(String(exitStatus(7)).slice(1));
  t.is(reason, 'NonZeroExitCode');
  t.deepEqual(details.causes, [{ reason: 'ExitCode', message: '7' }]);
});
