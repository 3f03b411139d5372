import test from 'ava';
import { silentLogger } from '../base/log.ts';
import { Advice, servicesMax } from './advice.ts';

function advised() {
  const told: string[] = [];
  const services = new Set<string>();
  const advice = new Advice({
    nodeName: 'node',
    world: { service: (key) => (services.has(key) ? {} : undefined) },
    written: async () => {},
    figures: () => ({ rules: 9009, ms: 88.4 }),
    recorder: {
      event: (_, type, reason, message) => void told.push(`${type} ${reason} ${message}`),
      flush: async () => {},
    },
    log: silentLogger,
  });
  return { advice, told, services };
}

test('past a thousand Services iptables mode says once, with figures, what would be better', async (t) => {
  const { advice, told, services } = advised();
  for (let i = 0; i < servicesMax; i++) {
    services.add(`default/s${i}`);
    advice.onService(`default/s${i}`);
  }
  await Promise.resolve();
  t.deepEqual(told, []);
  for (const key of ['default/x', 'default/y']) {
    services.add(key);
    advice.onService(key);
    await Promise.resolve();
  }
  t.deepEqual(told, [
    'Warning SlowProxyMode 1001 Services are 9009 rules of iptables: the last write took 88 ms, ' +
      'and a packet to the last of them passes 1001 rules; with --proxy-mode=nftables both cost ' +
      'the same however many there are',
  ]);
});

test('Services that come and go do not add up', async (t) => {
  const { advice, told, services } = advised();
  for (let i = 0; i < 2 * servicesMax; i++) {
    services.add('default/s');
    advice.onService('default/s');
    services.delete('default/s');
    advice.onService('default/s');
  }
  await Promise.resolve();
  t.deepEqual(told, []);
});
