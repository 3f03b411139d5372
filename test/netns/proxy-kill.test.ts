/**
 * kill -9 of a proxy that is writing: the rules are the old ones or the new ones, and no connection
 * notices. Needs root. PROXY_KILLS says how often; by default it is fewer than issue 7's 200.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../../base/clock.ts';
import { createIptables } from '../../proxy/iptables/apply.ts';
import { readChains } from './proxy-kernel-iptables.ts';
import { openReader, readTable } from './proxy-kernel-nftables.ts';
import type { Lab } from './proxy-lab.ts';
import { names, onEachMode } from './proxy-matrix.ts';
import { addressOf, podRanges } from './proxy-objects.ts';

const behaviour = onEachMode('k');
const killsOf = { nftables: 12, nft: 3, legacy: 4 } as const;
// Reading rules of iptables, packet by packet, costs the square of their number.
const servicesOf = { nftables: 1_000, nft: 60, legacy: 200 } as const;
const flows = 500;
const { ipv4 } = addressOf;

behaviour(
  'reliability E10: a proxy that is killed while it writes does no harm',
  async (t, lab) => {
    t.timeout(1_200_000);
    await (await startChild(lab)).kill();
    await lab.tell('out', { hold: flows, address: ipv4.service(5), tcpPort: 80, udpPort: 53 });
    const read = await openAnswers(lab);
    const kills = Number(process.env.PROXY_KILLS ?? killsOf[lab.mode]);
    const seen = new Set<string>();
    for (let round = 0; round < kills; round++) {
      const child = await startChild(lab, round % 3 === 0);
      await systemClock.sleep((round * 97) % 400);
      await child.kill();
      for (const place of await read()) seen.add(place);
      t.is(
        names(await lab.ask('a', [ipv4.service(5), 80], { times: 12 })).replace(/[abc]/g, ''),
        '',
      );
    }
    // Whole answers only: the endpoints from before a change, or those after it.
    t.deepEqual(
      [...seen].filter((pods) => !['a', 'a b c', 'b c'].includes(pods)),
      [],
    );
    t.log([...seen].join(', '));
    await systemClock.sleep(300);
    const [text = ''] = await lab.tell('out', { report: true });
    const { tcpTalks, udpTalks, ...bad } = JSON.parse(text) as Record<string, number>;
    t.deepEqual(bad, { tcpDrops: 0, udpMoves: 0 });
    t.true(tcpTalks! > flows && udpTalks! > flows, text);
  },
);

/** `isEarly`: it may be killed in its first full write. */
async function startChild(lab: Lab, isEarly = false) {
  const script = new URL('proxy-child.ts', import.meta.url).pathname;
  const mode = `--proxy-mode=${lab.mode === 'nftables' ? 'nftables' : 'iptables'}`;
  const own = ['--healthz-bind-address=', '--metrics-bind-address=', '--node-name=node'];
  const flags = [...own, mode, `--cluster-cidr=${podRanges}`, `--iptables-backend=${lab.backend}`];
  const args = [script, lab.netnsOf('node'), `${servicesOf[lab.mode]}`, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (isEarly) await systemClock.sleep(300);
  else if (!(await Promise.race([synced(child), ended(child)]))) throw new Error('it has ended');
  return {
    kill: async () => {
      if (child.exitCode !== null) throw new Error(`it has ended with ${child.exitCode}`);
      child.kill('SIGKILL');
      await ended(child);
      // What its iptables-restore has in hand is done or not when its input ends.
      await systemClock.sleep(50);
    },
  };
}

const synced = (child: ChildProcess) => once(child.stdout!, 'data').then(() => true);
const ended = (child: ChildProcess) => once(child, 'exit').then(() => false);

/** Gives the sets of pods that any front leads to. Throws when rules are cut. */
async function openAnswers(lab: Lab): Promise<() => Promise<Set<string>>> {
  const path = lab.netnsOf('node');
  const reader = await openReader(path);
  const iptables = createIptables(lab.run, 'ipv4', lab.mode === 'legacy' ? 'legacy' : 'nft');
  const podOf = (address: string) => ['a', 'b', 'c'][Number(address.split('.')[3]) - 2];
  return async () => {
    const answers =
      lab.mode === 'nftables'
        ? (await readTable(reader, 'ipv4')).answers
        : readChains(await iptables.save(), 'ipv4');
    const sets = [...answers.values()].flat().map((answer) => {
      const addresses = answer.match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
      return addresses.map(podOf).join(' ');
    });
    return new Set(sets);
  };
}
