import test from 'ava';
import { instanceOf } from '../instance.ts';
import { splitGroups } from '../run.ts';
import { type ClusterSettings, planProcesses } from './plan.ts';

const settings: ClusterSettings = {
  instance: instanceOf({ root: '/var/lib/lab', name: 'lab' }),
  nodeName: 'node-1',
  nodeIp: '192.0.2.10',
  clusterCidr: '10.42.0.0/16',
  podCidr: '10.42.0.0/24',
  serviceCidr: '10.43.0.0/16',
  clusterDns: '10.43.0.10',
  clusterDomain: 'cluster.local',
  gateway: '10.42.0.1',
  dnsPort: 10053,
  apiPort: 6443,
  agentPort: 10250,
  etcd: [],
  ports: { agentHealthz: 1, proxyHealthz: 2, proxyMetrics: 3, scheduler: 4, controllers: 5 },
  proxyMode: 'iptables',
  loadBalancerPool: [],
  logLevel: 'info',
  compact: false,
};

test('the API server comes first, since all others need it', (t) => {
  const names = planProcesses(settings).map(({ name }) => name);
  t.deepEqual(names, ['apiserver', 'controller-manager', 'scheduler', 'agent', 'proxy', 'dns']);
});

test('nothing listens wider than loopback, the node address and the bridge', (t) => {
  const words = planProcesses(settings).flatMap(({ words: each }) => each);
  t.false(words.some((word) => /0\.0\.0\.0|=::$|\[::\]/.test(word)));
});

test('each component has a kubeconfig of its own, the API server none', (t) => {
  const [first, ...others] = planProcesses(settings);
  t.false(first!.words.some((word) => word.startsWith('--kubeconfig')));
  for (const { name, words } of others) {
    t.true(words.includes(`--kubeconfig=/var/lib/lab/${name}.kubeconfig`), name);
  }
});

test('--compact joins the same components in one process', (t) => {
  const [only, ...rest] = planProcesses({ ...settings, compact: true });
  t.deepEqual(rest, []);
  const apart = planProcesses(settings).map(({ words }) => [...words]);
  t.deepEqual(splitGroups(only!.words), apart);
});
