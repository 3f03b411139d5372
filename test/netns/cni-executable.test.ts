/** The plugins as executables, as a container runtime calls them; beside Debian's own. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLogger } from '../../base/log.ts';
import { installPlugins, serveCni } from '../../cni/index.ts';
import { run } from '../../native/run.ts';
import { bridgeConf, type CallOptions, createLab, environmentOf, type Lab } from './cni-lab.ts';

/** In the lab's host namespace, by name, with the specification's environment. */
async function execute(lab: Lab, plugin: string, command: string, options: CallOptions & Where) {
  const { dir, socket = join(lab.dir, 'nobody.sock') } = options;
  const { code, stdout, stderr } = await run(
    'nsenter',
    [`--net=${lab.hostPath}`, join(dir, plugin)],
    {
      input: JSON.stringify(options.conf),
      env: {
        ...environmentOf(command, options),
        CNI_PATH: dir,
        WHERRY_CNI_SOCKET: socket,
        // A stray one of these would be printed into what the runtime parses.
        NODE_OPTIONS: '',
      },
    },
  );
  return { code, stderr, body: stdout.trim() === '' ? undefined : JSON.parse(stdout) };
}

interface Where {
  readonly dir: string; // Of the plugins.
  readonly socket?: string;
}

function install(lab: Lab): string {
  const dir = join(lab.dir, 'bin');
  installPlugins(dir);
  installPlugins(dir); // Again, over what is there.
  return dir;
}

/** ADD, CHECK, DEL, DEL, VERSION and an error, all by the executable. */
async function walk(t: ExecutionContext, lab: Lab, where: Where) {
  const conf = bridgeConf(lab);
  const netns = await lab.pod('a');
  const added = await execute(lab, 'bridge', 'ADD', { conf, netns, ...where });
  t.is(added.code, 0, JSON.stringify(added));
  t.is(added.body.ips[0].address, '10.66.0.2/24');
  t.is(added.body.interfaces[2].sandbox, netns);
  const ping = await lab.inside(netns, 'busybox', 'ping', '-c1', '-W2', '10.66.0.1');
  t.is(ping.code, 0);
  t.true((await lab.links(lab.hostPath)).some(({ name }) => name === 'br0'));
  const checked = { ...conf, prevResult: added.body };
  const check = await execute(lab, 'bridge', 'CHECK', { conf: checked, netns, ...where });
  t.like(check, { code: 0, body: undefined });
  for (let round = 0; round < 2; round++) {
    const deleted = await execute(lab, 'bridge', 'DEL', { conf, netns, ...where });
    t.like(deleted, { code: 0, body: undefined });
  }
  const version = await execute(lab, 'loopback', 'VERSION', { conf, ...where });
  t.is(version.body.supportedVersions.at(-1), '1.1.0');
  const failed = await execute(lab, 'bridge', 'ADD', {
    conf: { ...conf, mtu: 'x' },
    netns,
    ...where,
  });
  t.is(failed.code, 1);
  t.is(failed.body.code, 7);
}

test('through the shim and a running agent', async (t) => {
  const lab = await createLab(t);
  const socket = join(lab.dir, 'run', 'cni.sock');
  const running = await serveCni(socket, { log: silentLogger });
  t.teardown(() => running.stop());
  await walk(t, lab, { dir: install(lab), socket });
});

test('through the shim alone: it starts Node', async (t) => {
  const lab = await createLab(t);
  await walk(t, lab, { dir: install(lab) });
});

test('an agent that cannot see what the caller sees leaves the work to it', async (t) => {
  const lab = await createLab(t);
  const socket = join(lab.dir, 'run', 'cni.sock');
  const running = await serveCni(socket, { log: silentLogger });
  t.teardown(() => running.stop());
  const dir = install(lab);
  const env = { CNI_COMMAND: 'VERSION', WHERRY_CNI_SOCKET: socket };
  const { stdout } = await run('unshare', ['--mount', join(dir, 'bridge')], { env, input: '{}' });
  t.is(JSON.parse(stdout).supportedVersions.length, 7);
});

test('the agent survives garbage on its socket', async (t) => {
  const lab = await createLab(t);
  const socket = join(lab.dir, 'run', 'cni.sock');
  const running = await serveCni(socket, { log: silentLogger });
  t.teardown(() => running.stop());
  for (const bytes of ['', 'x', '\xff\xff\xff\xff', '\x05\0\0\0abcde', '\x04\0\0\0\0\0\0\0\0']) {
    await new Promise<void>((resolve) => {
      const client = connect(socket, () => client.end(Buffer.from(bytes, 'latin1')));
      client.on('data', () => {});
      client.on('error', () => {});
      client.on('close', () => resolve());
    });
  }
  await walk(t, lab, { dir: install(lab), socket });
});

test("the same configuration gives the same as Debian's plugins", async (t) => {
  const lab = await createLab(t);
  const dir = install(lab);
  const results = [];
  for (const [name, where, subnet] of [
    ['ours', dir, '10.66.0.0/24'],
    ['theirs', '/usr/lib/cni', '10.66.0.0/24'],
  ] as const) {
    const ipam = {
      type: 'host-local',
      dataDir: join(lab.dir, `ipam-${name}`),
      ranges: [[{ subnet, gateway: '10.66.0.254' }]],
      routes: [{ dst: '10.0.0.0/8' }],
    };
    const conf = bridgeConf(lab, { cniVersion: '0.4.0', bridge: name, ipam });
    const netns = await lab.pod(name);
    const options = { conf, netns, id: name, dir: where };
    const { code, body } = await execute(lab, 'bridge', 'ADD', options);
    t.is(code, 0, JSON.stringify(body));
    const routes = await lab.inside(netns, 'ip', '-4', 'route');
    const addresses = await lab.inside(netns, 'ip', '-4', '-o', 'addr', 'show', 'eth0');
    // Theirs then misses the route that it made itself: it looks for one without a gateway.
    const checked = { ...options, conf: { ...conf, prevResult: body } };
    const check = await execute(lab, 'bridge', 'CHECK', checked);
    if (name === 'ours') t.like(check, { code: 0, body: undefined });
    const names = ({ name: link, sandbox }: { name: string; sandbox?: string }) =>
      sandbox ? link : link.replace(/^veth.*/, 'veth').replace(name, 'bridge');
    results.push({
      ...body,
      interfaces: body.interfaces.map(names),
      routesInPod: routes.stdout.trim().split('\n').sort(),
      addressInPod: /inet \S+ (brd \S+)?/.exec(addresses.stdout)?.[0],
      file: readFileSync(join(lab.dir, `ipam-${name}`, 'lab', '10.66.0.1'), 'utf8'),
    });
    await execute(lab, 'bridge', 'DEL', options);
    await lab.inside(lab.hostPath, 'ip', 'link', 'del', name);
  }
  const [ours, theirs] = results;
  t.is(ours.file, 'ours\r\neth0');
  t.is(theirs.file, 'theirs\r\neth0');
  t.deepEqual({ ...ours, file: '' }, { ...theirs, file: '' });
});

test("Debian's bridge delegates to our host-local by name", async (t) => {
  const lab = await createLab(t);
  const dir = join(lab.dir, 'mixed');
  mkdirSync(dir);
  installPlugins(dir);
  rmSync(join(dir, 'bridge'));
  symlinkSync('/usr/lib/cni/bridge', join(dir, 'bridge'));
  const conf = bridgeConf(lab, { cniVersion: '0.4.0' });
  const netns = await lab.pod('a');
  const { code, body } = await execute(lab, 'bridge', 'ADD', { conf, netns, dir });
  t.is(code, 0, JSON.stringify(body));
  t.is(body.ips[0].address, '10.66.0.2/24');
  t.is((await execute(lab, 'bridge', 'DEL', { conf, netns, dir })).code, 0);
});

test("our bridge delegates to Debian's static", async (t) => {
  const lab = await createLab(t);
  const ipam = { type: 'static', addresses: [{ address: '10.66.0.9/24', gateway: '10.66.0.1' }] };
  const conf = bridgeConf(lab, { cniVersion: '1.0.0', ipam });
  const netns = await lab.pod('a');
  const { body } = await lab.call('bridge', 'ADD', { conf, netns });
  t.is(body.ips[0].address, '10.66.0.9/24');
});
