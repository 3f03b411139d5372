import test from 'ava';
import type { Service } from '../api/types/core-v1.generated.ts';
import { silentLogger } from '../base/log.ts';
import { HealthChecks } from './health-checks.ts';

const key = 'default/web';

function lab(port: number) {
  let endpoints = ['here'];
  let isHealthy = true;
  const told: string[] = [];
  const services = new Map<string, Service>();
  const world = {
    serviceKeys: () => services.keys(),
    service: (name: string) => services.get(name),
    slices: () => [
      {
        addressType: 'IPv4' as const,
        ports: [{ name: '', port: 8080, protocol: 'TCP' as const }],
        endpoints: endpoints.map((nodeName, index) => ({
          addresses: [`10.42.0.${index + 2}`],
          nodeName,
        })),
      },
    ],
    serviceRanges: () => [],
    node: () => ({
      nodeName: 'here',
      zone: undefined,
      family: 'ipv4' as const,
      nodePortCidrs: [],
    }),
  };
  const checks = new HealthChecks({
    world,
    addresses: () => ['127.0.0.1'],
    isHealthy: () => isHealthy,
    recorder: {
      event: (_, type, reason, message) => void told.push(`${type} ${reason}: ${message}`),
      flush: async () => {},
    },
    log: silentLogger,
  });
  return {
    checks,
    told,
    set: (spec: Service['spec'] | undefined) => {
      if (spec) services.set(key, { metadata: { namespace: 'default', name: 'web' }, spec });
      else services.delete(key);
      checks.touch(key);
    },
    balanced: {
      type: 'LoadBalancer',
      clusterIP: '10.43.0.5',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: port,
      ports: [{ port: 80 }],
    } as Service['spec'],
    endpointsOn: (...nodes: string[]) => {
      endpoints = nodes;
    },
    sicken: () => {
      isHealthy = false;
    },
  };
}

/** Tries until somebody listens. */
async function ask(port: number) {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      const weight = response.headers.get('x-load-balancing-endpoint-weight');
      return { status: response.status, weight, body: await response.json() };
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** A port that nobody has now. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('proxy X26, X27: the node says how many endpoints it has, and whether it can be relied on', async (t) => {
  const port = await freePort();
  const { checks, set, balanced, endpointsOn, sicken } = lab(port);
  set(balanced);
  const service = { namespace: 'default', name: 'web' };
  t.deepEqual(await ask(port), {
    status: 200,
    weight: '1',
    body: { service, localEndpoints: 1, serviceProxyHealthy: true },
  });
  endpointsOn('elsewhere');
  t.is((await ask(port)).status, 503);
  endpointsOn('here', 'here');
  t.is((await ask(port)).weight, '2');
  sicken();
  const { status, body } = await ask(port);
  t.is(status, 503);
  t.deepEqual(body, { service, localEndpoints: 2, serviceProxyHealthy: false });
  set(undefined);
  await checks.close();
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/`));
});

test('proxy X28: a port that another program has is told in an event', async (t) => {
  const port = await freePort();
  const first = lab(port);
  first.set(first.balanced);
  await ask(port);
  const second = lab(port);
  second.set(second.balanced);
  await second.checks.close();
  t.is(second.told.length, 1);
  t.regex(second.told[0]!, /^Warning FailedToStartServiceHealthcheck: .* port \d+: .*EADDRINUSE/);
  await first.checks.close();
});
