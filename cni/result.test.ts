import test from 'ava';
import fc from 'fast-check';
import type { CniError } from './error.ts';
import { type CniResult, parseResult, renderResult } from './result.ts';
import { supportedVersions } from './version.ts';

const full: CniResult = {
  interfaces: [
    { name: 'br0', mac: '0a:58:0a:00:00:01', mtu: 1500 },
    { name: 'eth0', mac: '0a:58:0a:00:00:02', mtu: 1500, sandbox: '/run/netns/a' },
  ],
  ips: [
    { address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 },
    { address: 'fd00::2/64', gateway: 'fd00::1', interface: 1 },
  ],
  routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1', mtu: 1400 }, { dst: '::/0' }],
  dns: { nameservers: ['10.0.0.1'], search: ['a.example'] },
};

test('C11: what 1.1.0 adds stays in 1.1.0', (t) => {
  t.deepEqual(parseResult(renderResult(full, '1.1.0'), '1.1.0'), full);
  const old = renderResult(full, '1.0.0');
  t.false(JSON.stringify(old).includes('mtu'));
  t.false(JSON.stringify(old).includes('"version"'));
});

test('0.3.0 to 0.4.0 say the family of each address', (t) => {
  for (const version of ['0.3.0', '0.3.1', '0.4.0'] as const) {
    const { ips } = renderResult(full, version) as { ips: { version: string }[] };
    t.deepEqual(
      ips.map((ip) => ip.version),
      ['4', '6'],
    );
  }
});

test('0.1.0 and 0.2.0 have one address of each family', (t) => {
  t.deepEqual(renderResult(full, '0.2.0'), {
    cniVersion: '0.2.0',
    ip4: {
      ip: '10.0.0.2/24',
      gateway: '10.0.0.1',
      routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }],
    },
    ip6: { ip: 'fd00::2/64', gateway: 'fd00::1', routes: [{ dst: '::/0' }] },
    dns: full.dns,
  });
});

test('the addresses survive a round trip through every version', (t) => {
  for (const version of supportedVersions) {
    const { ips } = parseResult(renderResult(full, version), version);
    t.deepEqual(
      ips.map(({ address, gateway }) => [address, gateway]),
      full.ips.map(({ address, gateway }) => [address, gateway]),
    );
  }
});

test('whatever a plugin prints is a result or a CniError of code 6', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...supportedVersions), (body, version) => {
      for (const raw of [body, { ips: body }, { ip4: body }, { routes: [body], dns: body }]) {
        try {
          parseResult(raw, version);
        } catch (error) {
          t.is((error as CniError).code, 6);
        }
      }
    }),
  );
});
