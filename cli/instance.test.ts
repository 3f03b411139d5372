import test from 'ava';
import { instanceOf } from './instance.ts';

test('everything of an instance carries its name or lies under its root', (t) => {
  const { runDir, bridge, pkiDir } = instanceOf({ root: '/srv/lab', name: 'lab' });
  t.deepEqual([runDir, bridge, pkiDir], ['/run/lab', 'lab0', '/srv/lab/pki']);
});

for (const name of ['', 'A', '0a', '../x', 'a/b', 'a b', 'fourteen-chars', '-a']) {
  test(`the name "${name}" is refused`, (t) => {
    t.throws(() => instanceOf({ root: '/srv/lab', name }), { message: /--name=/ });
  });
}

for (const root of ['', '/', 'relative', '/srv/../etc']) {
  test(`the root "${root}" is refused`, (t) => {
    t.throws(() => instanceOf({ root, name: 'lab' }), { message: /--root=/ });
  });
}
