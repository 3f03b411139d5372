import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseFlags } from '../base/config.ts';
import { expandConfigFile } from './config-file.ts';
import { flags } from './main.ts';
import { readConfigFile } from './plan-config-file.ts';

const file = (fields: object) => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  ...fields,
});

/** As cluster installers write it: every field there, most of them empty. */
const common = file({
  bindAddress: '0.0.0.0',
  bindAddressHardFail: false,
  clientConnection: {
    acceptContentTypes: '',
    burst: 0,
    contentType: '',
    kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
    qps: 0,
  },
  clusterCIDR: '10.42.0.0/16',
  configSyncPeriod: '0s',
  conntrack: {
    maxPerCore: null,
    min: null,
    tcpBeLiberal: false,
    tcpCloseWaitTimeout: null,
    tcpEstablishedTimeout: null,
    udpStreamTimeout: '0s',
    udpTimeout: '0s',
  },
  detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
  detectLocalMode: '',
  enableProfiling: false,
  healthzBindAddress: '',
  hostnameOverride: '',
  iptables: {
    localhostNodePorts: null,
    masqueradeAll: false,
    masqueradeBit: null,
    minSyncPeriod: '0s',
    syncPeriod: '0s',
  },
  ipvs: { excludeCIDRs: null, scheduler: '', strictARP: false, tcpTimeout: '0s' },
  logging: { flushFrequency: 0, options: { json: { infoBufferSize: '0' } }, verbosity: 0 },
  metricsBindAddress: '',
  mode: '',
  nftables: { masqueradeAll: false, masqueradeBit: null, minSyncPeriod: '0s', syncPeriod: '0s' },
  nodePortAddresses: null,
  oomScoreAdj: null,
  portRange: '',
  showHiddenMetricsForVersion: '',
  winkernel: { enableDSR: false, networkName: '' },
});

test('proxy X74: a file that says little sets little', (t) => {
  t.deepEqual(readConfigFile(common), {
    words: [
      '--bind-address=0.0.0.0',
      '--bind-address-hard-fail=false',
      '--kubeconfig=/var/lib/kube-proxy/kubeconfig.conf',
      '--cluster-cidr=10.42.0.0/16',
      '--conntrack-tcp-be-liberal=false',
      '--conntrack-udp-timeout-stream=0s',
      '--conntrack-udp-timeout=0s',
      '--pod-bridge-interface=',
      '--pod-interface-name-prefix=',
      '--masquerade-all=false',
    ],
    problems: [],
  });
});

test('proxy X74: every field becomes its flag', (t) => {
  const { words, problems } = readConfigFile(
    file({
      mode: 'nftables',
      nftables: { masqueradeBit: 15, masqueradeAll: true, syncPeriod: '1m0s', minSyncPeriod: '1s' },
      iptables: { localhostNodePorts: false, masqueradeBit: 3 },
      detectLocalMode: 'BridgeInterface',
      detectLocal: { bridgeInterface: 'br0' },
      nodePortAddresses: ['primary', '192.0.2.0/24'],
      oomScoreAdj: -500,
      conntrack: { maxPerCore: 1000, min: 2000, tcpEstablishedTimeout: '24h0m0s' },
      hostnameOverride: 'node-1',
      logging: { format: 'text', verbosity: 5 },
    }),
  );
  t.deepEqual(problems, []);
  t.deepEqual(words, [
    '--proxy-mode=nftables',
    '--masquerade-bit=15',
    '--masquerade-all=true',
    '--iptables-sync-period=1m0s',
    '--iptables-min-sync-period=1s',
    '--iptables-localhost-nodeports=false',
    '--detect-local-mode=BridgeInterface',
    '--pod-bridge-interface=br0',
    '--nodeport-addresses=primary,192.0.2.0/24',
    '--oom-score-adj=-500',
    '--conntrack-max-per-core=1000',
    '--conntrack-min=2000',
    '--conntrack-tcp-timeout-established=24h0m0s',
    '--hostname-override=node-1',
    '--log-level=debug',
  ]);
});

test('proxy X74: what is not done is refused by its path, all of it at once', (t) => {
  const { problems } = readConfigFile(
    file({
      ipvs: { strictARP: true },
      winkernel: { networkName: 'x' },
      featureGates: { Some: true },
      logging: { format: 'json' },
      enableProfiling: true,
      portRange: '1-2',
      clientConnection: { qps: 100 },
      conntrack: { nonsense: 1, min: [1] },
      typo: 1,
    }),
  );
  t.deepEqual(problems, [
    'ipvs.strictARP: is not supported',
    'winkernel.networkName: is not supported',
    'featureGates.Some: is not supported',
    'logging.format: only text is supported',
    'enableProfiling: is not supported',
    'portRange: is not supported',
    'clientConnection.qps: only 5 is supported',
    'conntrack.nonsense: is no field of it',
    'conntrack.min: must be a single value',
    'typo: is no field of it',
  ]);
  for (const wrong of [null, [], 'x', { kind: 'KubeProxyConfiguration' }]) {
    t.is(readConfigFile(wrong).problems.length, 1);
  }
});

test('proxy X74: the file takes the place of flags, but not of what it cannot know', (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-config-${process.pid}-`));
  try {
    const path = join(dir, 'config.yaml');
    writeFileSync(
      path,
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n' +
        'mode: nftables\nhostnameOverride: a\nclientConnection: {kubeconfig: /file}\n',
    );
    const given = ['--proxy-mode', 'iptables', '--masquerade-all', '--hostname-override=b'];
    const words = expandConfigFile([`--config=${path}`, ...given, '--instance', 'x']);
    const { kubeconfig, ...table } = { ...flags, kubeconfig: flags['hostname-override'] };
    const { config } = parseFlags({ ...table, kubeconfig }, words);
    t.is(config.proxyMode, 'nftables');
    t.is(config.hostnameOverride, 'b');
    t.is(config.masqueradeAll, false);
    t.is(config.instance, 'x');
    t.is(config.kubeconfig, '/file');
    t.deepEqual(expandConfigFile(given), given);
    t.throws(() => expandConfigFile(['--config', join(dir, 'none')]), { message: /ENOENT/ });
  } finally {
    rmSync(dir, { recursive: true });
  }
});
