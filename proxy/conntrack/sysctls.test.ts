import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { silentLogger } from '../../base/log.ts';
import { isFilling, planSysctls, type SysctlWishes } from './plan-sysctls.ts';
import { readSysctl, restoreSysctls, type SysctlPlace, setSysctls } from './sysctls.ts';

/** As upstream's defaults are. */
const wishes: SysctlWishes = {
  maxPerCore: 32_768,
  min: 131_072,
  tcpEstablishedMs: 86_400_000,
  tcpCloseWaitMs: 3_600_000,
  udpMs: 0,
  udpStreamMs: 0,
  isTcpLiberal: false,
};

const found: Readonly<Record<string, string>> = {
  'net/netfilter/nf_conntrack_max': '65536',
  'net/netfilter/nf_conntrack_tcp_timeout_established': '432000',
  'net/netfilter/nf_conntrack_tcp_timeout_close_wait': '60',
  'net/netfilter/nf_conntrack_udp_timeout': '30',
  'net/netfilter/nf_conntrack_udp_timeout_stream': '120',
  'net/netfilter/nf_conntrack_tcp_be_liberal': '0',
};

const plan = (rest: Partial<SysctlWishes> = {}, cores = 2) =>
  [...planSysctls({ ...wishes, ...rest }, cores, (name) => found[name])].map(
    ([name, value]) => `${name.replace('net/netfilter/nf_conntrack_', '')}=${value}`,
  );

test('proxy X59: the table is sized by cores, at least the least, and never made smaller', (t) => {
  t.true(plan().includes('max=131072'));
  t.true(plan({}, 8).includes('max=262144'));
  t.false(plan({ maxPerCore: 1, min: 1 }).some((each) => each.startsWith('max')));
  t.false(plan({ maxPerCore: 0 }).some((each) => each.startsWith('max')));
});

test('proxy X59: times are set where they are asked for and other', (t) => {
  t.deepEqual(plan({ maxPerCore: 0 }), [
    'tcp_timeout_established=86400',
    'tcp_timeout_close_wait=3600',
  ]);
  const off = { maxPerCore: 0, tcpEstablishedMs: 0, tcpCloseWaitMs: 0 };
  t.deepEqual(plan(off), []);
  t.deepEqual(plan({ ...off, udpMs: 30_000, udpStreamMs: 180_000, isTcpLiberal: true }), [
    'udp_timeout_stream=180',
    'tcp_be_liberal=1',
  ]);
});

test('pains P24: a table that fills up is told once, and again after it was calm', (t) => {
  t.false(isFilling(false, 89, 100));
  t.true(isFilling(false, 90, 100));
  t.true(isFilling(true, 80, 100));
  t.false(isFilling(true, 69, 100));
  t.false(isFilling(false, 5, 0));
});

test('proxy X59: the values that were there come back, those of before the first run', (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-sysctls-${process.pid}-`));
  try {
    const place: SysctlPlace = { record: join(dir, 'run', 'record.json'), root: join(dir, 'sys') };
    mkdirSync(join(place.root, 'net/netfilter'), { recursive: true });
    for (const [name, value] of Object.entries(found)) writeFileSync(join(place.root, name), value);
    setSysctls(place, wishes, silentLogger);
    setSysctls(place, { ...wishes, tcpCloseWaitMs: 10_000 }, silentLogger);
    const closeWait = 'net/netfilter/nf_conntrack_tcp_timeout_close_wait';
    t.is(readSysctl(place, closeWait), '10');
    t.true(existsSync(place.record));
    restoreSysctls(place);
    restoreSysctls(place);
    for (const [name, value] of Object.entries(found)) t.is(readSysctl(place, name), value, name);
    t.false(existsSync(place.record));
    mkdirSync(join(dir, 'run'), { recursive: true });
    writeFileSync(place.record, '{"../evil":"1"}');
    restoreSysctls(place);
    t.throws(() => readFileSync(join(dir, 'evil')));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
