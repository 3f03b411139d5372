import test from 'ava';
import { lazily, parseInvalidDropped } from './counters.ts';

const listed = `Chain KUBE-FORWARD (1 references)
    pkts      bytes target     prot opt in     out     source               destination
      12      720 DROP       0    --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate INVALID
       0        0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            mark match 0x4000/0x4000
`;

test('proxy X60: packets dropped as INVALID are those that the kernel counted', (t) => {
  t.is(parseInvalidDropped(listed), 12);
  t.is(parseInvalidDropped(''), 0);
});

test('a number is read anew only when the last one is old', async (t) => {
  let now = 0;
  let reads = 0;
  const told: number[] = [];
  const clock = { now: () => now, sleep: async () => {} };
  const look = lazily(
    clock,
    async () => ++reads,
    (value) => told.push(value),
  );
  look();
  look();
  await Promise.resolve();
  now = 20_000;
  look();
  await Promise.resolve();
  t.deepEqual(told, [1, 2]);
});
