/** podman (its CNI backend) running containers on our plugins, in namespaces of the test's own. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { installPlugins } from '../../cni/index.ts';
import { run } from '../../native/run.ts';

/** Debian's packages, unpacked and not installed. */
const peers = resolve('.setup/peers');
const podman = process.env.WHERRY_PODMAN ?? join(peers, 'usr/bin/podman');
const tree = resolve(podman, '../../..');

const missing = ['usr/bin/podman', 'usr/bin/conmon']
  .map((path) => join(tree, path))
  .concat('/usr/bin/crun')
  .find((path) => !existsSync(path));

/** Skipped where podman was not unpacked (scripts/setup). */
const attempt = missing === undefined ? test : test.skip;

attempt(
  'cni C20: podman runs a container with a mapped port on our plugins, and leaves nothing',
  async (t) => {
    t.timeout(90_000);
    const dir = mkdtempSync(join(tmpdir(), `wherry-podman-${process.pid}-`));
    t.teardown(() => rmSync(dir, { recursive: true, force: true }));
    for (const each of [
      'net.d',
      'rootfs/bin',
      'rootfs/proc',
      'rootfs/sys',
      'rootfs/dev',
      'rootfs/etc',
    ]) {
      mkdirSync(join(dir, each), { recursive: true });
    }
    copyFileSync('/bin/busybox', join(dir, 'rootfs/bin/busybox'));
    symlinkSync('busybox', join(dir, 'rootfs/bin/sh'));
    installPlugins(join(dir, 'bin'));
    writeFileSync(join(dir, 'containers.conf'), containersConf(dir));
    writeFileSync(join(dir, 'net.d/lab.conflist'), JSON.stringify(conflist(dir)));
    writeFileSync(join(dir, 'script'), script(dir));
    // Another /run and /var/lib/cni, no cgroup2 in sight (crun refuses the hybrid layout), no network.
    const words = ['--mount', '--net', '--propagation', 'private', 'bash', join(dir, 'script')];
    const { stdout, stderr } = await run('unshare', words, { timeoutMs: 80_000 });
    t.regex(stdout, /ANSWER hello-from-podman/, stderr);
    t.regex(stdout, /ADDRESS 10\.99\.0\.2\n/);
    t.regex(stdout, /DURING lo cni-lab0 veth\w+ 3\n/);
    t.regex(stdout, /AFTER lo cni-lab0 0\n/);
    t.regex(stdout, /HELD last_reserved_ip\.0\n/);
  },
);

const containersConf = (dir: string) => `
[network]
network_backend = "cni"
cni_plugin_dirs = ["${dir}/bin"]
network_config_dir = "${dir}/net.d"
default_network = "lab"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
conmon_path = ["${tree}/usr/bin/conmon"]
[containers]
cgroups = "disabled"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
`;

const conflist = (dir: string) => ({
  cniVersion: '0.4.0',
  name: 'lab',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni-lab0',
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: '10.99.0.0/24' }]],
        routes: [{ dst: '0.0.0.0/0' }],
        dataDir: join(dir, 'ipam'),
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
    { type: 'firewall' },
    { type: 'tuning', dataDir: join(dir, 'tuning') },
  ],
});

const script = (dir: string) => `
ip link set lo up
umount /sys/fs/cgroup/unified 2>/dev/null
mkdir -p /var/lib/cni
mount -t tmpfs run /run && mkdir -p /run/lock
mount -t tmpfs cni /var/lib/cni
export CONTAINERS_CONF=${dir}/containers.conf PATH=${tree}/usr/bin:$PATH
export LD_LIBRARY_PATH=$(echo ${tree}/usr/lib/*-linux-gnu) WHERRY_CNI_SOCKET=${dir}/nobody.sock
pm() {
  timeout 30 podman --root ${dir}/root --runroot /run/pm --tmpdir /run/tmp --storage-driver vfs "$@"
}
links() { ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | tr '\\n' ' '; }
rules() { /usr/sbin/nft list ruleset | grep -c goto; }
pm run -d --name web --network lab -p 18080:8080 --security-opt seccomp=unconfined \\
  --rootfs ${dir}/rootfs /bin/sh -c \\
  'while true; do /bin/busybox nc -l -p 8080 -e /bin/busybox echo hello-from-podman; done' >&2
for try in 1 2 3 4 5 6 7 8 9; do
  answer=$(timeout 5 busybox nc -w 2 127.0.0.1 18080 </dev/null) && break
  sleep 0.3
done
echo "ANSWER $answer"
echo "ADDRESS $(pm inspect web --format '{{.NetworkSettings.Networks.lab.IPAddress}}')"
echo "DURING $(links)$(rules)"
pm rm -f -t 0 web >&2
echo "AFTER $(links)$(rules)"
echo "HELD $(ls ${dir}/ipam/lab)"
`;
