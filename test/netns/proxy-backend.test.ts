/** Which iptables the proxy uses, and how soon it sees that somebody else changed its rules. */
import test, { type ExecutionContext } from 'ava';
import { Lab } from './proxy-lab.ts';
import { addressOf, serviceOf, withNodePorts } from './proxy-objects.ts';

function onLab(title: string, body: (t: ExecutionContext, lab: Lab) => Promise<void>) {
  test.serial(title, async (t) => {
    const lab = new Lab('k', 'legacy');
    try {
      await lab.build();
      lab.put(serviceOf('web', 5, withNodePorts));
      lab.endpoints('web', ['a', 'b']);
      await body(t, lab);
    } finally {
      await lab.destroy();
    }
  });
}

const auto = '--iptables-backend=auto';
/** Service rules in one of the two. */
const ours = (lab: Lab, backend: 'legacy' | 'nft') =>
  lab.sh('node', `iptables-${backend}-save`).match(/^-A KUBE-/gm)?.length ?? 0;

onLab(
  'proxy X64: what iptables -F took from the older iptables is back at once',
  async (t, lab) => {
    await lab.proxy('--iptables-sync-period=1h');
    const before = lab.rules();
    for (const damage of [
      'iptables-legacy -F',
      'iptables-legacy -t nat -F',
      'iptables-legacy -t nat -F KUBE-SERVICES',
      'ip6tables-legacy -t nat -F',
      'iptables-legacy -t nat -D KUBE-SERVICES 1',
    ]) {
      const rules = () => [...lab.rules(), ...lab.rules('ipv6')].toSorted().join('\n');
      const whole = rules();
      lab.sh('node', damage);
      t.not(rules(), whole, damage);
      await lab.until(() => rules() === whole, damage);
    }
    t.deepEqual(lab.rules().toSorted(), before.toSorted());
    const [answer] = await lab.ask('a', [addressOf.ipv4.service(5), 80]);
    t.regex(answer ?? '', /^[ab] /);
  },
);

onLab('pains P6: Service rules go where the rules of the host are', async (t, lab) => {
  lab.sh('node', 'iptables-legacy -A INPUT -s 203.0.113.1 -j DROP');
  const proxy = await lab.proxy(auto);
  t.true(ours(lab, 'legacy') > 0);
  t.is(ours(lab, 'nft'), 0);
  await proxy.stop();
  // The host has moved on: so do we, and leave nothing behind.
  lab.sh(
    'node',
    'iptables-legacy -D INPUT -s 203.0.113.1 -j DROP; iptables-nft -A INPUT -s 203.0.113.1 -j DROP',
  );
  const second = await lab.proxy(auto);
  t.true(ours(lab, 'nft') > 0);
  t.is(ours(lab, 'legacy'), 0);
  await second.stop(); // It would mend what is cleaned up.
  await lab.cleanUp(auto);
  t.is(ours(lab, 'nft'), 0);
  t.regex(lab.sh('node', 'iptables-nft-save'), /203\.0\.113\.1/, "the host's own stays");
});

onLab('pains P6: rules of both iptables are told once, as an event', async (t, lab) => {
  lab.sh('node', 'iptables-legacy -A INPUT -s 203.0.113.1 -j DROP');
  lab.sh('node', 'iptables-nft -A INPUT -s 203.0.113.1 -j DROP');
  await lab.proxy(auto);
  await lab.until(() => lab.client.writes.some((each) => each.startsWith('create events')));
  t.is(lab.client.writes.filter((each) => each.startsWith('create events')).length, 1);
});
