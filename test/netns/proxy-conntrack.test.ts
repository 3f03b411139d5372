/** Connections without an end of their own, while endpoints come and go. Needs root. */
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../base/clock.ts';
import { Lab, type Mode, type Pod } from './proxy-lab.ts';

/** A client that keeps its port, as DNS resolvers do: who answers each of its packets. */
const client = `
const socket = require('node:dgram').createSocket('udp4');
const [address, port, own] = process.argv.slice(1);
socket.on('message', (text) => console.log(String(text)[0]));
socket.on('error', () => console.log('refused'));
socket.bind(Number(own), () => {
  socket.connect(Number(port), address, () => socket.send('hi'));
});
setTimeout(() => process.exit(), 150);
`;

const ask = (lab: Lab, address: string, port: number) =>
  lab
    .sh('out', `'${process.execPath}' -e '${client.replaceAll("'", '"')}' ${address} ${port} 5353`)
    .trim();

const nodePort = {
  type: 'NodePort',
  ports: [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 8080, nodePort: 30_053 }],
};

for (const mode of ['nft', 'nftables'] as const satisfies readonly Mode[]) {
  test.serial(
    `proxy X55-X58 (${mode}): a UDP client that keeps its port follows the endpoints`,
    async (t) => {
      const lab = new Lab('u', mode);
      try {
        await lab.build();
        await lab.service('dns', '10.43.0.5', nodePort);
        await lab.endpoints('dns', 'a');
        await lab.proxy();
        for (const [address, port] of [
          ['10.43.0.5', 53],
          ['192.0.2.1', 30_053],
        ] as const) {
          const becomes = async (...pods: Pod[]) => {
            await lab.endpoints('dns', ...pods);
            await until(t, () => ask(lab, address, port) === (pods[0] ?? 'refused'));
          };
          await becomes('a');
          await becomes('b');
          await becomes();
          await becomes('c');
        }
      } finally {
        await lab.destroy();
      }
      t.pass();
    },
  );
}

test.serial('proxy X58: a live UDP flow survives a restart of the proxy', async (t) => {
  const lab = new Lab('v', 'nftables');
  try {
    await lab.build();
    await lab.service('dns', '10.43.0.5', nodePort);
    await lab.endpoints('dns', 'a', 'b', 'c');
    const first = await lab.proxy();
    const before = ask(lab, '10.43.0.5', 53);
    for (let round = 0; round < 5; round++) {
      if (round === 0) await first.stop();
      const next = await lab.proxy();
      t.is(ask(lab, '10.43.0.5', 53), before);
      await next.stop();
    }
  } finally {
    await lab.destroy();
  }
});

async function until(t: ExecutionContext, isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    await systemClock.sleep(50); // The proxy runs in this process, and `isSo` blocks it.
    if (isSo()) return;
  }
  t.fail('it never came to be');
}
