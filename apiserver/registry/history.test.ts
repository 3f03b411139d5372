import test from 'ava';
import { hasReason } from '../../base/errors.ts';
import { Change, History } from './history.ts';
import { Stored } from './stored.ts';

const change = (revision: number, time: number, size = 10) => {
  const stored = new Stored(`k${revision}`, revision, Buffer.alloc(size));
  return new Change('ADDED', stored, undefined, time);
};

const revisions = (changes: readonly Change[]) => changes.map(({ revision }) => revision);

test('since gives what came after a revision', (t) => {
  const history = new History(10);
  for (const revision of [12, 13, 17]) history.push(change(revision, 0));
  t.deepEqual(revisions(history.since(10)), [12, 13, 17]);
  t.deepEqual(revisions(history.since(13)), [17]);
  t.deepEqual(revisions(history.since(15)), [17]);
  t.deepEqual(revisions(history.since(17)), []);
  t.true(
    hasReason(
      t.throws(() => history.since(9)),
      'Expired',
    ),
  );
});

test('a thousand changes and five minutes are kept, whichever is more', (t) => {
  const history = new History(0);
  for (let revision = 1; revision <= 3000; revision++) history.push(change(revision, 0));
  t.is(history.since(0).length, 3000);
  history.push(change(3001, 5 * 60_000 + 1));
  t.is(history.since(2001).length, 1000);
  t.throws(() => history.since(2000));
});

test('large objects do not fill the memory', (t) => {
  const history = new History(0);
  for (let revision = 1; revision <= 100; revision++) {
    history.push(change(revision, 0, 1024 * 1024));
  }
  t.throws(() => history.since(60));
  t.is(history.since(70).length, 30);
});
