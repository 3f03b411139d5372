import test from 'ava';
import { CniError } from '../error.ts';
import { candidateFor, candidates, planRanges } from './plan.ts';

const addresses = (ranges: unknown, last?: string, index = 0) =>
  [...candidates(planRanges({ ranges })[index]!, last)].map(({ address }) => address);

test('a subnet gives all but its network, gateway and broadcast', (t) => {
  t.deepEqual(addresses([[{ subnet: '10.1.0.0/29' }]]), [
    '10.1.0.2',
    '10.1.0.3',
    '10.1.0.4',
    '10.1.0.5',
    '10.1.0.6',
  ]);
});

test('an IPv6 subnet gives its last address too', (t) => {
  t.deepEqual(addresses([[{ subnet: 'fd00::/126' }]]), ['fd00::2', 'fd00::3']);
});

test('candidates begin after the last one and go round', (t) => {
  const ranges = [
    [
      { subnet: '10.1.0.0/24', rangeStart: '10.1.0.10', rangeEnd: '10.1.0.12' },
      { subnet: '10.2.0.0/24', rangeStart: '10.2.0.10', rangeEnd: '10.2.0.11' },
    ],
  ];
  const [a, b, c, d, e] = ['10.1.0.10', '10.1.0.11', '10.1.0.12', '10.2.0.10', '10.2.0.11'];
  t.deepEqual(addresses(ranges), [a, b, c, d, e]);
  t.deepEqual(addresses(ranges, b), [c, d, e, a, b]);
  t.deepEqual(addresses(ranges, c), [d, e, a, b, c]);
  t.deepEqual(addresses(ranges, e), [a, b, c, d, e]);
  t.deepEqual(addresses(ranges, '9.9.9.9'), [a, b, c, d, e], 'a last one of another range');
});

test('a gateway in the middle is passed over', (t) => {
  const ranges = [[{ subnet: '10.1.0.0/29', gateway: '10.1.0.4' }]];
  t.deepEqual(addresses(ranges), ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.5', '10.1.0.6']);
  t.throws(() => candidateFor(planRanges({ ranges })[0]!, '10.1.0.4'), { instanceOf: CniError });
});

test('the old spelling is the first set, and requested ranges come before it', (t) => {
  const sets = planRanges({ subnet: '10.1.0.0/24', ranges: [[{ subnet: 'fd00::/64' }]] }, [
    [{ subnet: '10.9.0.0/24' }],
  ]);
  t.deepEqual(
    sets.map((set) => candidates(set).next().value?.gateway),
    ['10.9.0.1', '10.1.0.1', 'fd00::1'],
  );
});

test('what cannot be allocated from is refused with code 7', (t) => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /no ranges/],
    [[[]], /empty/],
    [{}, /list of lists/],
    [[[{ subnet: '10.1.0.5/24' }]], /host bits/],
    [[[{ subnet: '10.1.0.0/31' }]], /too small/],
    [[[{ subnet: 'x' }]], /subnet/],
    [[[{ subnet: '10.1.0.0/24', rangeStart: '10.2.0.1' }]], /not in/],
    [[[{ subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.8' }]], /ends before/],
    [[[{ subnet: '10.1.0.0/24', gateway: 'fd00::1' }]], /family/],
    [[[{ subnet: '10.1.0.0/24' }, { subnet: 'fd00::/64' }]], /families/],
    [[[{ subnet: '10.1.0.0/24' }], [{ subnet: '10.1.0.0/16' }]], /overlaps/],
    [[[{ subnet: '10.1.0.0/24' }, { subnet: '10.1.0.0/24' }]], /overlap/],
  ];
  for (const [ranges, message] of bad) {
    const error = t.throws(() => planRanges({ ranges }), { instanceOf: CniError, message });
    t.is((error as CniError).code, 7);
  }
});
