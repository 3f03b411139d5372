import test from 'ava';
import { Claims } from './claims.ts';

test('the first that wants a front keeps it; the others hear of its end', (t) => {
  const claims = new Claims();
  t.true(claims.take('10.0.0.1:80', 'a'));
  t.true(claims.take('10.0.0.1:80', 'a'), 'again');
  t.false(claims.take('10.0.0.1:80', 'b'));
  t.false(claims.take('10.0.0.1:80', 'c'));
  t.deepEqual([...claims.release('10.0.0.1:80', 'b')], [], 'b waits no more');
  t.deepEqual([...claims.release('10.0.0.1:80', 'a')], ['c']);
  t.true(claims.take('10.0.0.1:80', 'c'));
  t.deepEqual([...claims.release('10.0.0.2:80', 'a')], [], 'what it never had');
});
