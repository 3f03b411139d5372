/** The kernel's side is played by FakeIptables, which shares no code with the writing side. */
import test from 'ava';
import fc from 'fast-check';
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { planService } from '../plan.ts';
import { FakeIptables } from './fake-iptables.ts';
import { renderService } from './render.ts';
import { renderBase } from './render-base.ts';
import { type ChainKey, compose, type Rendering } from './ruleset.ts';
import {
  changeTransaction,
  fullTransaction,
  isAsWanted,
  removalTransaction,
} from './transaction.ts';

// Few names and addresses, so that Services meet each other's and their own earlier ones.
const endpoint = fc.record({
  address: fc.constantFrom('10.42.0.2', '10.42.0.3', '10.42.0.4', '10.42.0.5'),
  ready: fc.boolean(),
  serving: fc.boolean(),
  isHere: fc.boolean(),
});
const definition = fc.record({
  protocol: fc.constantFrom('TCP', 'UDP'),
  isExternal: fc.boolean(),
  internal: fc.constantFrom('Cluster', 'Local'),
  external: fc.constantFrom('Cluster', 'Local'),
  hasAffinity: fc.boolean(),
  slices: fc.array(fc.array(endpoint, { maxLength: 4 }), { maxLength: 3 }),
});
type Definition = typeof definition extends fc.Arbitrary<infer T> ? T : never;
const change = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  definition: fc.option(definition, { nil: undefined }),
});

const base = renderBase({
  family: 'ipv4',
  instance: 'x',
  masqueradeBit: 14,
  nodePortCidrs: [],
  serviceRanges: ['10.43.0.0/16'],
});

test('changes one by one leave the kernel as one full write would', async (t) => {
  const histories = fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const kernel = new FakeIptables();
      const written = new Map<string, Rendering>();
      await kernel.restore(fullTransaction(compose(base, []), base.jumps, await kernel.save()));
      for (const batch of history) {
        const wanted = new Map(batch.map(({ name, definition }) => [name, definition]));
        const changes = [...wanted].map(([name, definition]) => {
          const before = written.get(name);
          const after = definition && render(name, definition);
          if (after) written.set(name, after);
          else written.delete(name);
          return { before, after };
        });
        await kernel.restore(changeTransaction(changes));
      }
      const twin = new FakeIptables();
      const all = compose(base, written.values());
      await twin.restore(fullTransaction(all, base.jumps, await twin.save()));
      t.deepEqual(sorted(await kernel.save()), sorted(await twin.save()));
      t.true(isAsWanted(all, base.jumps, await kernel.save()));

      await kernel.restore(removalTransaction(base, await kernel.save()));
      t.deepEqual(await kernel.save(), await new FakeIptables().save(), 'nothing is left');
    }),
  );
});

test('a full write makes the same kernel of anything that was there, and is the same text again', async (t) => {
  await fc.assert(
    fc.asyncProperty(definition, definition, async (old, wanted) => {
      const kernel = new FakeIptables();
      const before = compose(base, [render('old', old)]);
      await kernel.restore(fullTransaction(before, base.jumps, await kernel.save()));
      kernel.flush('filter');
      const all = compose(base, [render('new', wanted)]);
      await kernel.restore(fullTransaction(all, base.jumps, await kernel.save()));
      const twin = new FakeIptables();
      await twin.restore(fullTransaction(all, base.jumps, await twin.save()));
      t.deepEqual(sorted(await kernel.save()), sorted(await twin.save()));
      const [once, twice] = [await kernel.save(), await kernel.save()];
      t.is(fullTransaction(all, base.jumps, once), fullTransaction(all, base.jumps, twice));
    }),
  );
});

test('slices in any order give the same rules', (t) => {
  fc.assert(
    fc.property(definition, ({ slices, ...rest }) => {
      const one = render('web', { ...rest, slices });
      const other = render('web', {
        ...rest,
        slices: slices.toReversed().map((each) => each.toReversed()),
      });
      t.deepEqual(one, other);
    }),
  );
});

test('a packet to the cluster IP reaches each wanted endpoint by exactly one chain', (t) => {
  fc.assert(
    fc.property(definition, (given) => {
      const { own, shared } = render('web', given);
      const entry = (shared.get('nat KUBE-SERVICES') ?? []).map((rule) => targetOf(rule));
      const reached = entry
        .flatMap((chain) => own.get(`nat ${chain}` as ChainKey) ?? [])
        .filter((rule) => !rule.includes('-m recent') && targetOf(rule)?.startsWith('KUBE-SEP'))
        .map((rule) => own.get(`nat ${targetOf(rule)}` as ChainKey)?.join())
        .map((rules) => /--to-destination (\S+):8080/.exec(rules ?? '')?.[1]);
      t.deepEqual(reached.toSorted(), wantedOf(given));
    }),
  );
});

/** The obvious answer: the best report of each address (a near one first), then the best ones. */
function wantedOf({ slices, internal }: Definition): string[] {
  const best = new Map<string, { score: number; isHere: boolean }>();
  for (const { address, ready, serving, isHere } of slices.flat()) {
    const score = ready ? 2 : serving ? 1 : 0;
    const known = best.get(address);
    if (!known || score > known.score || (score === known.score && isHere)) {
      best.set(address, { score, isHere });
    }
  }
  const all = [...best].filter(([, { isHere }]) => internal === 'Cluster' || isHere);
  const top = Math.max(0, ...all.map(([, { score }]) => score));
  return all
    .filter(([, { score }]) => top > 0 && score === top)
    .map(([address]) => address)
    .sort();
}

function render(name: string, given: Definition): Rendering {
  const service: Service = {
    metadata: { namespace: 'default', name },
    spec: {
      clusterIP: '10.43.0.5',
      type: given.isExternal ? 'LoadBalancer' : 'ClusterIP',
      internalTrafficPolicy: given.internal,
      externalTrafficPolicy: given.external,
      sessionAffinity: given.hasAffinity ? 'ClientIP' : 'None',
      ports: [
        { port: 80, protocol: given.protocol, ...(given.isExternal && { nodePort: 30_080 }) },
      ],
    },
    ...(given.isExternal && { status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } } }),
  };
  const slices = given.slices.map((endpoints) => sliceOf(endpoints, given.protocol));
  const facts = { nodeName: 'here', zone: undefined, family: 'ipv4' } as const;
  const options = { family: 'ipv4', clusterCidr: '10.42.0.0/16', masqueradeAll: false } as const;
  return renderService(planService(service, slices, facts), options);
}

function sliceOf(endpoints: Definition['slices'][number], protocol: string): EndpointSlice {
  return {
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol }],
    endpoints: endpoints.map(({ address, ready, serving, isHere }) => ({
      addresses: [address],
      conditions: { ready, serving: serving || ready, terminating: !ready },
      nodeName: isHere ? 'here' : 'there',
    })),
  };
}

const targetOf = (rule: string) => / ?-j (\S+)/.exec(rule)?.[1];

/** In shared chains the order of rules has no meaning. */
const sorted = (chains: Map<ChainKey, string[]>) =>
  [...chains].map(([key, rules]) => `${key}: ${rules.toSorted().join(' | ')}`).toSorted();
