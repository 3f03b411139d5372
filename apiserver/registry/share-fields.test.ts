import test from 'ava';
import type { KubeObject } from '../../api/resource.ts';
import { shareFields } from './share-fields.ts';

const object = (...names: string[]): KubeObject => ({
  metadata: {
    managedFields: names.map((name) => ({
      manager: name,
      fieldsV1: { 'f:metadata': { 'f:labels': { [`f:${name.repeat(40)}`]: {} } } },
    })),
  },
});

test('objects that say the same of their fields share it', (t) => {
  const [first, second] = [shareFields(object('a', 'b')), shareFields(object('b', 'c'))];
  t.deepEqual([first, second], [object('a', 'b'), object('b', 'c')]);
  const fields = ({ metadata }: KubeObject, index: number) =>
    metadata!.managedFields![index]!.fieldsV1;
  t.is(fields(first, 1), fields(second, 0));
  t.not(fields(first, 0), fields(second, 1));
  t.is(shareFields(first), first);
  t.deepEqual(shareFields({ metadata: {} }), { metadata: {} });
});
