import test from 'ava';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { toTime } from '../base/clock.ts';
import { countNoLocal } from './no-local-endpoints.ts';
import { ProgrammingTimes } from './programming-times.ts';
import type { World } from './world.ts';

const startMs = 1_800_000_000_000;

test('proxy X76: the time from a change of a pod to its rules is measured, once a change', async (t) => {
  let nowMs = startMs;
  const seen: string[] = [];
  const slice = (name: string, ms: number): EndpointSlice => ({
    metadata: {
      name,
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': toTime(ms) },
    },
    addressType: 'IPv4',
    endpoints: [],
  });
  let slices = [slice('old', startMs - 60_000)];
  const times = new ProgrammingTimes({
    slices: () => slices,
    written: [async () => {}, async () => {}],
    observe: (family, seconds) => seen.push(`${family}: ${seconds}`),
    clock: { now: () => nowMs, sleep: async () => {} },
  });
  times.onEndpoints('default/web');
  await Promise.resolve();
  t.deepEqual(seen, [], 'what was there at the start');
  slices = [...slices, slice('new', startMs + 1000)];
  nowMs = startMs + 3000;
  times.onEndpoints('default/web');
  times.onEndpoints('default/web');
  await Promise.resolve();
  t.deepEqual(seen, ['0: 2', '1: 2']);
});

test('proxy X76: Services that want an endpoint here and have none are counted by their policy', (t) => {
  const service = (spec: object) => ({
    metadata: { namespace: 'default', name: 'web' },
    spec: { clusterIP: '10.43.0.5', ports: [{ port: 80 }], ...spec },
  });
  const all = new Map([
    ['default/plain', service({})],
    ['default/inside', service({ internalTrafficPolicy: 'Local' })],
    ['default/outside', service({ externalTrafficPolicy: 'Local', type: 'NodePort' })],
  ]);
  const slice = (nodeName: string): EndpointSlice => ({
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.42.1.2'], nodeName }],
  });
  const worldWith = (nodeName: string): World => ({
    serviceKeys: () => all.keys(),
    service: (key) => all.get(key),
    slices: () => [slice(nodeName)],
    serviceRanges: () => [],
    node: () => ({ nodeName: 'here', family: 'ipv4', zone: undefined, nodePortCidrs: [] }),
  });
  t.deepEqual(countNoLocal(worldWith('there')), { internal: 1, external: 1 });
  t.deepEqual(countNoLocal(worldWith('here')), { internal: 0, external: 0 });
});
