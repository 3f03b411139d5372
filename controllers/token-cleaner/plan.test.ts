import test from 'ava';
import type { Secret } from '../../api/types/core-v1.generated.ts';
import { tokenEndsInMs } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

const token = (expiration: string | undefined, namespace = 'kube-system'): Secret => ({
  metadata: { name: 'bootstrap-token-abcdef', namespace },
  type: 'bootstrap.kubernetes.io/token',
  data: expiration === undefined ? {} : { expiration: btoa(expiration) },
});

test('a bootstrap token goes when its time is over', (t) => {
  t.is(tokenEndsInMs(token('2026-01-01T12:01:00Z'), nowMs), 60_000);
  t.is(tokenEndsInMs(token('2026-01-01T13:01:00+02:00'), nowMs), 0);
  t.is(tokenEndsInMs(token('tomorrow'), nowMs), 0, 'nobody can tell');
  t.is(tokenEndsInMs(token(undefined), nowMs), undefined, 'for good');
  t.is(tokenEndsInMs(token('2020-01-01T00:00:00Z', 'default'), nowMs), undefined);
  t.is(tokenEndsInMs({ ...token('2020-01-01T00:00:00Z'), type: 'Opaque' }, nowMs), undefined);
});
