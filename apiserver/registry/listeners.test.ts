import test from 'ava';
import { Change, type ChangeType } from './history.ts';
import { Listeners } from './listeners.ts';
import { Stored } from './stored.ts';

const onNode = (name: string) => {
  const object = { kind: 'Pod', metadata: { name: 'p' }, spec: { nodeName: name } };
  return new Stored('a/p', 1, Buffer.from(JSON.stringify(object)), object);
};
const read = (object: object) => (object as { spec: { nodeName: string } }).spec.nodeName;
const only = (value: string) => ({ field: 'spec.nodeName', value, read });
const changeOf = (type: ChangeType, now: string, before?: string) =>
  new Change(type, onNode(now), before === undefined ? undefined : onNode(before), 0);

test('who asked for a value hears of what has it and of what had it, everybody else of all', (t) => {
  const listeners = new Listeners();
  const heard: string[] = [];
  listeners.add(({ type }) => heard.push(`all ${type}`));
  const ends = ['n1', 'n2'].map((node) =>
    listeners.add(({ type }) => heard.push(`${node} ${type}`), only(node)),
  );
  const hear = (change: Change) => {
    heard.length = 0;
    listeners.tell(change);
    return heard.join(', ');
  };
  t.is(hear(changeOf('ADDED', 'n1')), 'all ADDED, n1 ADDED');
  t.is(hear(changeOf('MODIFIED', 'n1', 'n1')), 'all MODIFIED, n1 MODIFIED');
  t.is(hear(changeOf('MODIFIED', 'n2', 'n1')), 'all MODIFIED, n2 MODIFIED, n1 MODIFIED');
  t.is(hear(changeOf('MODIFIED', 'n3', 'n4')), 'all MODIFIED');
  t.is(hear(changeOf('DELETED', 'n2', 'n2')), 'all DELETED, n2 DELETED');
  for (const end of ends) end();
  t.is(hear(changeOf('ADDED', 'n1')), 'all ADDED');
});

test('who ends twice ends nobody else', (t) => {
  const listeners = new Listeners();
  let count = 0;
  const end = listeners.add(() => {}, only('n1'));
  end();
  listeners.add(() => (count += 1), only('n1'));
  end();
  listeners.tell(changeOf('ADDED', 'n1'));
  t.is(count, 1);
});
