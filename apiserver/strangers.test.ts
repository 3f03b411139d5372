import { EventEmitter } from 'node:events';
import test from 'ava';
import { Strangers } from './strangers.ts';

test('security A8: the oldest strangers make way, whoever is known stays', (t) => {
  const gone: string[] = [];
  const make = (name: string) =>
    Object.assign(new EventEmitter(), { destroy: () => gone.push(name) });
  const strangers = new Strangers(2);
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(make);
  strangers.add(a!);
  strangers.welcome(a!);
  for (const each of [b!, c!, d!]) strangers.add(each);
  t.deepEqual(gone, ['b']);
  c!.emit('close');
  strangers.add(e!);
  t.deepEqual(gone, ['b']);
});
