import test from 'ava';
import { claimsOf, isUsing } from './plan.ts';

test('a pod holds the claims of its volumes, and those it made itself', (t) => {
  const pod = {
    metadata: { namespace: 'a', name: 'web' },
    spec: {
      containers: [],
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: 'db' } },
        { name: 'scratch', ephemeral: {} },
        { name: 'other', emptyDir: {} },
      ],
    },
  };
  t.deepEqual(claimsOf(pod), ['a/db', 'a/web-scratch']);
  t.deepEqual(claimsOf(undefined), []);
});

test('a pod uses its claims from when it is placed until it is over', (t) => {
  const pod = (nodeName: string, phase: string) => ({
    spec: { containers: [], nodeName },
    status: { phase },
  });
  t.false(isUsing(pod('', 'Pending')));
  t.true(isUsing(pod('n', 'Pending')));
  t.true(isUsing(pod('n', 'Running')));
  t.false(isUsing(pod('n', 'Succeeded')));
  t.false(isUsing(pod('n', 'Failed')));
});
