import test from 'ava';
import { renderDrops } from './metrics.ts';

test('renderDrops names the policies, and adds up both families', (t) => {
  const counter = { chain: 'isolate-ingress-1', comment: 'default/deny, default/web', bytes: 1 };
  const text = renderDrops([
    { ...counter, packets: 2 },
    { ...counter, packets: 3 },
    { chain: 'egress', comment: 'link-local', packets: 9, bytes: 1 },
  ]);
  t.deepEqual(text.trim().split('\n').slice(2), [
    'wherry_network_policy_drops_total{namespace="default",policies="deny, web",direction="ingress"} 5',
  ]);
});
