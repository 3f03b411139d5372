import test from 'ava';
import { type Address, look, planLive, planSlices, planSubsets, type Sightings } from './plan.ts';

const at = (ip: string, port = 6443): Address => ({ ip, port });
const lease = (ip: string, renewTime: string) => ({ name: `l-${ip}`, address: at(ip), renewTime });
const show = (all: readonly Address[]) => all.map(({ ip }) => ip).join(' ');

/** Looks at one list of Leases a round; who is alive after each. `named`: at the start. */
function follow(rounds: readonly (readonly string[])[], named: readonly string[] = []): string[] {
  let sightings: Sightings = new Map();
  let now = named.map((ip) => at(ip));
  return rounds.map((leases, round) => {
    const found = leases.map((each) => lease(...(each.split('@') as [string, string])));
    sightings = look(sightings, found, round);
    now = planLive({ sightings, round, own: at('10.0.0.1'), named: now });
    return show(now);
  });
}

test('another server is named from the first renewal that is seen', (t) => {
  t.deepEqual(follow([['10.0.0.2@1'], ['10.0.0.2@2'], ['10.0.0.2@3']]), [
    '10.0.0.1',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1 10.0.0.2',
  ]);
});

test('a server that renews no more is named for two rounds, then dropped', (t) => {
  const rounds = [['10.0.0.2@1'], ['10.0.0.2@2'], ['10.0.0.2@2'], ['10.0.0.2@2'], ['10.0.0.2@2']];
  t.deepEqual(follow(rounds), [
    '10.0.0.1',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1',
  ]);
});

test('who is named at the start stays until it had its chance to renew', (t) => {
  const rounds = [['10.0.0.2@1'], ['10.0.0.2@1'], ['10.0.0.2@1'], ['10.0.0.2@1']];
  t.deepEqual(follow(rounds, ['10.0.0.2', '10.0.0.3']), [
    '10.0.0.1 10.0.0.2',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1',
  ]);
});

test('a server that took its Lease away is dropped at once', (t) => {
  t.deepEqual(follow([['10.0.0.2@1'], ['10.0.0.2@2'], []]), [
    '10.0.0.1',
    '10.0.0.1 10.0.0.2',
    '10.0.0.1',
  ]);
});

test('servers on one port share a subset and a slice, others have their own', (t) => {
  const live = [at('10.0.0.1'), at('10.0.0.2'), at('10.0.0.3', 7443), at('fd00::1')];
  const subsets = planSubsets(live).map(({ addresses, ports }) => {
    return `${ports![0]!.port}: ${addresses!.map(({ ip }) => ip).join(' ')}`;
  });
  t.deepEqual(subsets, ['6443: 10.0.0.1 10.0.0.2 fd00::1', '7443: 10.0.0.3']);
  const slices = planSlices(live).map(({ name, endpoints }) => {
    return `${name}: ${endpoints!.map(({ addresses }) => addresses[0]).join(' ')}`;
  });
  t.deepEqual(slices, [
    'kubernetes: 10.0.0.1 10.0.0.2',
    'kubernetes-ipv4-7443: 10.0.0.3',
    'kubernetes-ipv6-6443: fd00::1',
  ]);
});
