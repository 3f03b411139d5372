/** The runner: chains, the cache, other people's plugins, one thing at a time for a pod. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLogger } from '../../base/log.ts';
import { createNetworkRunner, hasCniCode } from '../../cni/index.ts';
import { kernel } from '../../native/index.ts';
import { bridgeConf, codeOf, createLab, type Lab } from './cni-lab.ts';

interface Options {
  readonly plugins?: readonly { type: string; [key: string]: unknown }[];
  readonly cniVersion?: string;
}

function createRunner(t: ExecutionContext, lab: Lab, options: Options = {}) {
  const { name, cniVersion, ...bridge } = bridgeConf(lab);
  const binDir = join(lab.dir, 'bin');
  mkdirSync(binDir, { recursive: true });
  const runner = createNetworkRunner({
    kernel,
    conf: { name, cniVersion, plugins: [bridge], ...options },
    cacheDir: join(lab.dir, 'cache'),
    binDirs: [binDir, '/usr/lib/cni'],
    log: silentLogger,
    hostNetns: lab.hostPath,
  });
  t.teardown(() => runner.close());
  return runner;
}

/** A plugin that writes down how it was called, and hands its prevResult on. */
function installRecorder(lab: Lab, name: string, more = '') {
  const script = `#!/bin/sh
input=$(cat)
echo "${name} $CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME $CNI_ARGS" >> ${lab.dir}/calls
printf '%s' "$input" > ${lab.dir}/stdin-${name}-$CNI_COMMAND
${more}
[ "$CNI_COMMAND" = ADD ] && printf '%s' "$input" | sed 's/.*"prevResult"://; s/}$//'
exit 0
`;
  writeFileSync(join(lab.dir, 'bin', name), script, { mode: 0o755 });
}

const calls = (lab: Lab) => readFileSync(join(lab.dir, 'calls'), 'utf8').trim().split('\n');

test('C12, C13, C14: a chain hands results on, remembers the last, and is undone in reverse', async (t) => {
  const lab = await createLab(t);
  const { name: _name, cniVersion: _version, ...bridge } = bridgeConf(lab);
  const capabilities = { portMappings: true };
  const plugins = [bridge, { type: 'one', capabilities }, { type: 'two', capabilities: {} }];
  const runner = createRunner(t, lab, { plugins });
  installRecorder(lab, 'one');
  installRecorder(lab, 'two');
  const netnsPath = await lab.pod('a');
  const portMappings = [{ hostPort: 80, containerPort: 8080, protocol: 'tcp' }];
  const spec = {
    containerId: 'pod-a',
    netnsPath,
    ifName: 'eth0',
    args: { K8S_POD_NAME: 'web-0' },
    capabilityArgs: { portMappings, bandwidth: {} },
  };
  const result = await runner.add(spec);
  t.is(result.ips[0]?.address, '10.66.0.2/24');
  const [file = ''] = readdirSync(join(lab.dir, 'cache', 'results'));
  t.is(file, 'lab-pod-a-eth0');
  const cached = JSON.parse(readFileSync(join(lab.dir, 'cache', 'results', file), 'utf8'));
  t.is(cached.kind, 'cniCacheV1');
  t.is(cached.result.ips[0].address, '10.66.0.2/24');
  await runner.check(spec);
  await runner.del({ containerId: 'pod-a', ifName: 'eth0', netnsPath });
  t.deepEqual(calls(lab), [
    'one ADD pod-a eth0 K8S_POD_NAME=web-0',
    'two ADD pod-a eth0 K8S_POD_NAME=web-0',
    'one CHECK pod-a eth0 K8S_POD_NAME=web-0',
    'two CHECK pod-a eth0 K8S_POD_NAME=web-0',
    'two DEL pod-a eth0 K8S_POD_NAME=web-0',
    'one DEL pod-a eth0 K8S_POD_NAME=web-0',
  ]);
  const stdin = (name: string) => JSON.parse(readFileSync(join(lab.dir, `stdin-${name}`), 'utf8'));
  t.deepEqual(stdin('one-ADD').runtimeConfig, { portMappings });
  t.deepEqual(stdin('two-ADD').runtimeConfig, undefined);
  t.like(stdin('one-DEL'), { name: 'lab', cniVersion: '1.1.0', type: 'one' });
  t.is(stdin('one-DEL').prevResult.ips[0].address, '10.66.0.2/24');
  t.deepEqual(readdirSync(join(lab.dir, 'cache', 'results')), []);
  await runner.del(spec); // Twice does no harm.
});

test('a plugin of the chain that fails: its words, and nothing is left', async (t) => {
  const lab = await createLab(t);
  const { name: _name, cniVersion: _version, ...bridge } = bridgeConf(lab);
  const runner = createRunner(t, lab, { plugins: [bridge, { type: 'one' }] });
  const failing = `[ "$CNI_COMMAND" = ADD ] && echo '{"code": 123, "msg": "no luck"}' && exit 1`;
  installRecorder(lab, 'one', failing);
  const netnsPath = await lab.pod('a');
  const spec = { containerId: 'pod-a', netnsPath, ifName: 'eth0' };
  const error = await t.throwsAsync(runner.add(spec));
  t.is(codeOf(error), 123);
  t.is(error?.message, 'could not attach pod-a eth0: plugin one: no luck');
  t.deepEqual(
    (await lab.links(netnsPath)).map(({ name }) => name),
    ['lo'],
  );
  installRecorder(lab, 'one', 'echo garbage; echo why >&2; exit 1');
  const garbage = await t.throwsAsync(runner.add(spec));
  t.is(codeOf(garbage), 999);
  installRecorder(lab, 'one', 'echo {} x; exit 0');
  t.true(hasCniCode(await t.throwsAsync(runner.add(spec)), 'decodeFailure'));
  const missing = createRunner(t, lab, { plugins: [bridge, { type: 'no-such' }] });
  t.true(hasCniCode(await t.throwsAsync(missing.add(spec)), 'invalidConfig'));
  await runner.gc([]);
  t.false(readdirSync(join(lab.dir, 'ipam', 'lab')).some((name) => name.startsWith('10.')));
});

test("Debian's tuning after our bridge", async (t) => {
  const lab = await createLab(t);
  const { name: _name, cniVersion: _version, ...bridge } = bridgeConf(lab);
  const plugins = [bridge, { type: 'tuning', mtu: 1300 }];
  const runner = createRunner(t, lab, { plugins, cniVersion: '1.0.0' });
  const netnsPath = await lab.pod('a');
  const spec = { containerId: 'pod-a', netnsPath, ifName: 'eth0' };
  await runner.add(spec);
  const eth0 = (await lab.links(netnsPath)).find(({ name }) => name === 'eth0');
  t.is(eth0?.mtu, 1300);
  await runner.check(spec);
  await runner.del(spec);
});

test('GC: what is remembered of nobody is detached, what is held is kept', async (t) => {
  const lab = await createLab(t);
  const runner = createRunner(t, lab);
  const pods = await Promise.all(['a', 'b', 'c'].map((name) => lab.pod(name)));
  const specs = pods.map((netnsPath, index) => ({
    containerId: `pod-${index}`,
    netnsPath,
    ifName: 'eth0',
  }));
  await Promise.all(specs.map((spec) => runner.add(spec)));
  await runner.gc([specs[1]!]);
  t.deepEqual(readdirSync(join(lab.dir, 'cache', 'results')), ['lab-pod-1-eth0']);
  const held = readdirSync(join(lab.dir, 'ipam', 'lab')).filter((name) => /^(10|fd)/.test(name));
  t.is(held.length, 2);
  t.is((await lab.links(lab.hostPath)).filter(({ kind }) => kind === 'veth').length, 1);
  await runner.check(specs[1]!);
  t.true(hasCniCode(await t.throwsAsync(runner.check(specs[0]!)), 'unknownContainer'));
});

test('DEL before the namespace is dropped leaves the links to the kernel', async (t) => {
  const lab = await createLab(t);
  const runner = createRunner(t, lab);
  const netnsPath = await lab.pod('a');
  const spec = { containerId: 'pod-a', netnsPath, ifName: 'eth0' };
  await runner.add(spec);
  await runner.del({ ...spec, dropsNetns: true });
  t.true((await lab.links(netnsPath)).some(({ name }) => name === 'eth0'));
  t.false(readdirSync(join(lab.dir, 'ipam', 'lab')).some((name) => name.startsWith('10.')));
});

test("the node's bridge is there before any pod, with its address, and goes again", async (t) => {
  const lab = await createLab(t);
  const runner = createRunner(t, lab);
  const bridge = { name: 'br0', address: '10.66.0.1/24' };
  await runner.ensureBridge(bridge);
  await runner.ensureBridge(bridge);
  const shown = await lab.inside(lab.hostPath, 'ip', '-4', '-o', 'addr', 'show', 'br0');
  t.regex(shown.stdout, /10\.66\.0\.1\/24/);
  const netnsPath = await lab.pod('a');
  await runner.add({ containerId: 'pod-a', netnsPath, ifName: 'eth0' });
  const ping = await lab.inside(lab.hostPath, 'busybox', 'ping', '-c1', '-W2', '10.66.0.2');
  t.is(ping.code, 0);
  await runner.removeBridge('br0');
  await runner.removeBridge('br0');
  t.false((await lab.links(lab.hostPath)).some(({ name }) => name === 'br0'));
});

test('a directory of configurations: the first valid one, read again when it changes', async (t) => {
  const lab = await createLab(t);
  const confDir = join(lab.dir, 'net.d');
  const runner = createNetworkRunner({
    kernel,
    confDir,
    cacheDir: join(lab.dir, 'cache'),
    binDirs: [],
    log: silentLogger,
    hostNetns: lab.hostPath,
  });
  t.teardown(() => runner.close());
  t.true(hasCniCode(await t.throwsAsync(runner.status()), 'invalidConfig'));
  mkdirSync(confDir);
  writeFileSync(join(confDir, '10-broken.conflist'), '{');
  writeFileSync(join(confDir, '20-lab.conf'), JSON.stringify(bridgeConf(lab)));
  await runner.status();
  const spec = { containerId: 'pod-a', netnsPath: await lab.pod('a'), ifName: 'eth0' };
  await runner.add(spec);
  // The attachment is taken down as it was put up, whatever is configured now.
  const other = bridgeConf(lab, { bridge: 'br9', ipam: {} });
  writeFileSync(join(confDir, '20-lab.conf'), JSON.stringify(other));
  await runner.del(spec);
  t.false(readdirSync(join(lab.dir, 'ipam', 'lab')).some((name) => name.startsWith('10.')));
});

test('C34: calls for one container wait for each other', async (t) => {
  const lab = await createLab(t);
  const runner = createRunner(t, lab);
  const spec = { containerId: 'pod-a', netnsPath: await lab.pod('a'), ifName: 'eth0' };
  const rounds = Array.from({ length: 5 }, () => [runner.add(spec), runner.del(spec)]).flat();
  const settled = await Promise.allSettled(rounds);
  t.deepEqual([...new Set(settled.map(({ status }) => status))], ['fulfilled']);
});
