import test from 'ava';
import type { Service } from '../../api/types/core-v1.generated.ts';
import { announcedIps, announceLinkOf, announcement, uplinkFor } from './plan.ts';

const service = (by: string, ...ingress: { ip: string; ipMode?: string }[]): Service => ({
  metadata: { name: 'web', annotations: { 'wherry.dev/announced-by': by } },
  spec: { type: 'LoadBalancer' },
  status: { loadBalancer: { ingress } },
});

test('pains P32: a node answers for what the controller gave it, and for nothing odd', (t) => {
  t.deepEqual(announcedIps(service('a', { ip: '198.51.100.4' }, { ip: '2001:db8::1' }), 'a'), [
    '198.51.100.4',
    '2001:db8::1',
  ]);
  t.deepEqual(announcedIps(service('b', { ip: '198.51.100.4' }), 'a'), [], "another node's");
  t.deepEqual(announcedIps(service('a', { ip: '127.0.0.1' }), 'a'), []);
  t.deepEqual(announcedIps(service('a', { ip: '198.51.100.4', ipMode: 'Proxy' }), 'a'), []);
  t.deepEqual(announcedIps(undefined, 'a'), []);
});

test('the link has the name of its instance, short enough for the kernel', (t) => {
  t.is(announceLinkOf('wherry'), 'wherrylb');
  t.is(announceLinkOf('a-very-long-instance').length, 15);
});

test('neighbours are on the link of the same network, else on the way out', (t) => {
  const links = [
    { index: 1, mac: '', addresses: ['10.42.0.1/24'], isDefault: false },
    { index: 2, mac: '', addresses: ['192.0.2.1/24', '198.51.100.4/32'], isDefault: true },
    { index: 3, mac: '', addresses: ['198.51.100.1/24', '2001:db8::1/64'], isDefault: false },
  ];
  t.is(uplinkFor('198.51.100.4', links)?.index, 3);
  t.is(uplinkFor('203.0.113.1', links)?.index, 2);
  t.is(uplinkFor('2001:db8::9', links)?.index, 3);
  t.is(uplinkFor('203.0.113.1', links.slice(0, 1)), undefined);
});

test('frames are as the standards have them', (t) => {
  t.is(
    announcement('198.51.100.4', '02:00:00:00:00:01').toString('hex'),
    'ffffffffffff' +
      '020000000001' +
      '0806' +
      '0001080006040001' +
      '020000000001c6336404' +
      '000000000000c6336404',
  );
  const neighbour = announcement('2001:db8::1', '02:00:00:00:00:01');
  t.is(neighbour.length, 14 + 40 + 32);
  t.is(neighbour.readUInt16BE(12), 0x86dd);
  // The sum over the pseudo header and the message, checksum included, is all ones.
  const pseudo = Buffer.concat([neighbour.subarray(22, 54), Buffer.from([0, 32, 0, 58])]);
  const all = Buffer.concat([pseudo, neighbour.subarray(54)]);
  let sum = 0;
  for (let at = 0; at < all.length; at += 2) sum += all.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  t.is(sum, 0xffff);
});
