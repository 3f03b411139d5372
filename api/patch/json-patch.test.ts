import test from 'ava';
import { applyJsonPatch } from './json-patch.ts';

const parse = (text: string) => JSON.parse(text);

const cases: { name: string; target: string; patch: string; want: string }[] = [
  {
    name: 'adds into a list',
    target: '{"a":[1,3]}',
    patch: '[{"op":"add","path":"/a/1","value":2}]',
    want: '{"a":[1,2,3]}',
  },
  {
    name: 'appends with a dash',
    target: '{"a":[1]}',
    patch: '[{"op":"add","path":"/a/-","value":2}]',
    want: '{"a":[1,2]}',
  },
  {
    name: 'reads escapes in the right order',
    target: '{"a/b":1,"~1":2}',
    patch: '[{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/~01","value":3}]',
    want: '{"~1":3}',
  },
  {
    name: 'takes constructor and __proto__ for keys like others',
    target: '{"data":{"constructor":"a"}}',
    patch:
      '[{"op":"test","path":"/data/constructor","value":"a"},' +
      '{"op":"add","path":"/data/__proto__","value":"b"}]',
    want: '{"data":{"constructor":"a","__proto__":"b"}}',
  },
  {
    name: 'moves and copies',
    target: '{"a":{"x":1},"b":{}}',
    patch: '[{"op":"copy","from":"/a","path":"/b/c"},{"op":"move","from":"/a/x","path":"/y"}]',
    want: '{"a":{},"b":{"c":{"x":1}},"y":1}',
  },
];
for (const { name, target, patch, want } of cases) {
  test(`applyJsonPatch ${name}`, (t) => {
    t.is(JSON.stringify(applyJsonPatch(parse(target), parse(patch))), want);
  });
}

const refused: { name: string; patch: string; reason: string }[] = [
  { name: 'a patch that is no list', patch: '{}', reason: 'BadRequest' },
  { name: 'an unknown operation', patch: '[{"op":"toString","path":"/a"}]', reason: 'BadRequest' },
  { name: 'an add without a value', patch: '[{"op":"add","path":"/a"}]', reason: 'BadRequest' },
  {
    name: 'a path that is no pointer',
    patch: '[{"op":"remove","path":"a"}]',
    reason: 'BadRequest',
  },
  {
    name: 'the removal of what is not there',
    patch: '[{"op":"remove","path":"/z"}]',
    reason: 'Invalid',
  },
  {
    name: 'the removal of what only a prototype has',
    patch: '[{"op":"remove","path":"/toString"}]',
    reason: 'Invalid',
  },
  {
    name: 'a failed test',
    patch: '[{"op":"test","path":"/a","value":2}]',
    reason: 'Invalid',
  },
  {
    name: 'a place beyond the end of a list',
    patch: '[{"op":"add","path":"/l/9","value":2}]',
    reason: 'Invalid',
  },
  {
    name: 'copies that double until memory ends',
    patch: JSON.stringify([
      { op: 'add', path: '/x', value: ['0123456789'] },
      ...Array.from({ length: 60 }, () => ({ op: 'copy', from: '/x', path: '/x/-' })),
    ]),
    reason: 'RequestEntityTooLarge',
  },
];
for (const { name, patch, reason } of refused) {
  test(`applyJsonPatch refuses ${name}`, (t) => {
    t.like(
      t.throws(() => applyJsonPatch({ a: 1, l: [] }, parse(patch))),
      { reason },
    );
  });
}
