/** A packet that belongs to no connection is not forwarded past the translation back. */
import { kernel } from '../../native/index.ts';
import type { Lab } from './proxy-lab.ts';
import { onEachMode } from './proxy-matrix.ts';
import { addressOf, serviceOf } from './proxy-objects.ts';

const behaviour = onEachMode('v');
const { ipv4 } = addressOf;

const bytesOf = (address: string) => Buffer.from(address.split('.').map(Number));

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A TCP reset out of nowhere, from one address to another. */
function strayReset(from: string, to: string): Buffer {
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(40_000, 0);
  tcp.writeUInt16BE(40_001, 2);
  tcp[12] = 5 << 4;
  tcp[13] = 4; // RST
  const ends = Buffer.concat([bytesOf(from), bytesOf(to)]);
  tcp.writeUInt16BE(checksum(Buffer.concat([ends, Buffer.from([0, 6, 0, 20]), tcp])), 16);
  const ip = Buffer.concat([Buffer.from('450000280000000040060000', 'hex'), ends]);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([ip, tcp]);
}

async function sendStray(lab: Lab): Promise<void> {
  const macOf = (host: 'node' | 'a', link: string) =>
    Buffer.from(
      lab
        .sh(host, `cat /sys/class/net/${link}/address 2>/dev/null; ip -o link show ${link}`)
        .match(/link\/ether (\S+)/)![1]!
        .replaceAll(':', ''),
      'hex',
    );
  const index = Number(lab.sh('a', 'ip -o link show eth0').split(':')[0]);
  const fd = await kernel.openSocket(17, 3, 0, lab.netnsOf('a')); // AF_PACKET, SOCK_RAW
  try {
    const ends = [macOf('node', 'br0'), macOf('a', 'eth0'), Buffer.from('0800', 'hex')];
    const packet = strayReset(ipv4.pod('a'), ipv4.out);
    kernel.sendFrame(fd, index, Buffer.concat([...ends, packet]));
  } finally {
    kernel.close(fd);
  }
}

/** Packets that the rule has dropped; undefined where there is none. */
function dropped(lab: Lab): number | undefined {
  const text =
    lab.mode === 'nftables'
      ? lab.nft('list chain ip kube-proxy filter-forward')
      : lab.sh('node', `iptables-${lab.backend}-save -c -t filter`);
  const found = /invalid counter packets (\d+)|\[(\d+):\d+\].*INVALID -j DROP/.exec(text);
  return found ? Number(found[1] ?? found[2]) : undefined;
}

behaviour('proxy X60: what belongs to no connection is dropped, and counted', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['b']);
  await lab.proxy();
  const before = dropped(lab);
  t.not(before, undefined);
  await sendStray(lab);
  await lab.until(() => dropped(lab) === before! + 1, 'the drop');
});

behaviour('proxy X60: with --conntrack-tcp-be-liberal nothing is dropped', async (t, lab) => {
  lab.put(serviceOf('web', 5));
  lab.endpoints('web', ['b']);
  await lab.proxy('--conntrack-tcp-be-liberal');
  t.is(dropped(lab), undefined);
});
