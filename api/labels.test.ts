import test from 'ava';
import {
  formatLabelSelector,
  matchesLabelSelector,
  matchesLabels,
  matchesRequirements,
  parseLabelSelector,
} from './labels.ts';

const cases: [selector: string, labels: Record<string, string>, matches: boolean][] = [
  ['', {}, true],
  ['a=b', { a: 'b' }, true],
  ['a==b', { a: 'c' }, false],
  ['a!=b', {}, true],
  ['a', { a: '' }, true],
  ['!a', { a: '' }, false],
  ['a=', { a: '' }, true],
  ['a in (x, y),b', { a: 'y', b: '1' }, true],
  ['a notin (x,y)', { a: 'y' }, false],
  ['a notin (x)', {}, true],
  ['a>3', { a: '4' }, true],
  ['a<3', { a: '4' }, false],
  ['a>3', { a: 'many' }, false],
  ['constructor', {}, false],
  ['in in (in,notin)', { in: 'notin' }, true],
  ['a in (,)', { a: '' }, true],
  ['a = b , c', { a: 'b', c: '' }, true],
  [
    'app.kubernetes.io/name=web,tier in (front)',
    { 'app.kubernetes.io/name': 'web', tier: 'front' },
    true,
  ],
];
for (const [selector, labels, want] of cases) {
  test(`the selector "${selector}" on ${JSON.stringify(labels)} gives ${want}`, (t) => {
    t.is(matchesRequirements(parseLabelSelector(selector), labels), want);
  });
}

const refused = [
  ...['a=b=c', ',', 'a in x', 'a in (x', '=b', 'a>x', 'a b', 'a in ()', 'a,', '!', 'a=b)', 'a=%'],
  ...['/a=b', 'a in (x y)', '!a=b', 'a=b,,c'],
];
for (const selector of refused) {
  test(`the selector "${selector}" is refused`, (t) => {
    t.like(
      t.throws(() => parseLabelSelector(selector)),
      { reason: 'BadRequest' },
    );
  });
}

test('security A8: a selector of a megabyte is read or refused in one pass', (t) => {
  const many = (text: string) => text.repeat(1_000_000 / text.length);
  for (const text of ['(', ',', 'a in (', 'a,', '!', ' ', '=', 'a in (b),', '()']) {
    t.throws(() => parseLabelSelector(`${many(text)}(`), undefined, text);
  }
  t.is(parseLabelSelector(`${many('a in (b),')}a`).length, 111_112);
});

test('no selector selects nothing, an empty one everything', (t) => {
  t.false(matchesLabelSelector(undefined, { a: 'b' }));
  t.true(matchesLabelSelector({}, undefined));
  t.false(matchesLabels({}, { a: 'b' }));
});

test('formatLabelSelector writes what parseLabelSelector reads', (t) => {
  const text = formatLabelSelector({
    matchLabels: { b: '1', a: '2' },
    matchExpressions: [
      { key: 'c', operator: 'NotIn', values: ['y', 'x'] },
      { key: 'd', operator: 'DoesNotExist' },
    ],
  });
  t.is(text, 'a=2,b=1,c notin (x,y),!d');
  t.is(parseLabelSelector(text).length, 4);
});
