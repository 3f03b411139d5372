import test from 'ava';
import type { Run } from './apply.ts';
import { countRules, decideBackend, describeMix, pickBackend } from './backend.ts';

const found = (others: number, services = 0) => ({ others, services });

const cases = [
  ['nothing tells', found(0), found(0), 'auto'],
  ['the host uses the older one', found(3), found(0), 'legacy'],
  ['the host uses the newer one', found(0), found(3), 'nft'],
  ['ours are in the older one, from before', found(0), found(0, 0), 'auto'],
  ['the older one is not there', undefined, found(2), 'nft'],
  ['neither is there', undefined, undefined, 'auto'],
] as const;

for (const [name, legacy, nft, want] of cases) {
  test(`pains P6: which iptables, when ${name}`, (t) => {
    t.deepEqual(decideBackend(legacy, nft), { backend: want });
  });
}

test('pains P6: where nobody else has rules, ours stay where they are', (t) => {
  t.is(decideBackend(found(0, 20), found(0, 0)).backend, 'legacy');
  t.is(decideBackend(found(0, 20), found(1, 0)).backend, 'nft');
});

test('pains P6: a mix goes where more are, and is told with figures', (t) => {
  const choice = decideBackend(found(3), found(7));
  t.deepEqual(choice, { backend: 'nft', mix: { legacy: 3, nft: 7 } });
  t.is(
    describeMix(choice),
    'rules of both iptables are there: 3 of the older, 7 of the newer one; Service rules go into nft',
  );
});

test('rules of Services are not those of others, whatever chain they are in', (t) => {
  const saved = `# Generated
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.43.0.1/32 -j KUBE-SVC-X
-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
COMMIT
`;
  t.deepEqual(countRules(saved), { others: 1, services: 2 });
});

test('both families are read, and a missing command is none', async (t) => {
  const asked: string[] = [];
  const run: Run = async (file) => {
    asked.push(file);
    if (file.includes('legacy')) throw Object.assign(new Error('no'), { code: 'ENOENT' });
    return { code: 0, stdout: '-A INPUT -j ACCEPT\n', stderr: '' };
  };
  t.deepEqual(await pickBackend(run, ['ipv4', 'ipv6']), { backend: 'nft' });
  t.deepEqual(asked, ['iptables-legacy-save', 'iptables-nft-save', 'ip6tables-nft-save']);
});
