import test from 'ava';
import type { Service, ServiceSpec } from '../../../api/types/core-v1.generated.ts';
import type { IPAddress } from '../../../api/types/networking-v1.generated.ts';
import { readBlocks } from './blocks.ts';
import { type Observed, planRepair } from './plan-repair.ts';

const service = (name: string, spec: ServiceSpec): Service => ({
  metadata: { name, namespace: 'default', uid: name, creationTimestamp: '2030-01-01T00:00:00Z' },
  spec,
});
const address = (name: string, of: string): IPAddress => ({
  metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
  spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: of } },
});
const observe = (parts: Partial<Observed>): Observed => ({
  services: [],
  addresses: [],
  ports: new Map(),
  blocks: readBlocks('10.43.0.0/24'),
  range: { min: 30_000, max: 30_010 },
  ...parts,
});
const shown = (parts: Partial<Observed>) =>
  planRepair(observe(parts)).map((step) => {
    if (step.do === 'tell') return `tell ${step.event.reason}`;
    if (step.do === 'giveAddress') return `give ${step.service.metadata!.name} ${step.address}`;
    if (step.do === 'givePort') return `give ${step.service.metadata!.name} ${step.port}`;
    return step.do === 'dropPort' ? `drop ${step.port}` : `drop ${step.address.metadata!.name}`;
  });

const one = service('a', { clusterIP: '10.43.0.20' });
const two = service('b', { clusterIP: '10.43.0.20' });
const ported = (name: string, nodePort: number) =>
  service(name, { clusterIP: 'None', ports: [{ port: 1, nodePort }] });
const key = (owner: string) => ({ owner: `default/${owner}`, revision: 7 });

const cases: [string, Partial<Observed>, string[]][] = [
  ['all is well', { services: [one], addresses: [address('10.43.0.20', 'a')] }, []],
  [
    'an address is missing',
    { services: [one] },
    ['tell ClusterIPNotAllocated', 'give a 10.43.0.20'],
  ],
  [
    'an address is somebody else’s',
    { services: [one], addresses: [address('10.43.0.20', 'z')] },
    ['tell ClusterIPNotAllocated', 'give a 10.43.0.20'],
  ],
  [
    'two have one address',
    { services: [two, one], addresses: [address('10.43.0.20', 'a')] },
    ['tell ClusterIPAlreadyAllocated'],
  ],
  [
    'an address is outside of all blocks',
    { services: [service('a', { clusterIP: '10.9.9.9' })] },
    ['tell ClusterIPOutOfRange'],
  ],
  [
    'an address is nobody’s',
    { addresses: [address('10.43.0.20', 'a')] },
    ['tell IPAddressNotAllocated', 'drop 10.43.0.20'],
  ],
  [
    'an address is nobody’s, but a user made it',
    { addresses: [{ ...address('10.43.0.20', 'a'), metadata: { name: '10.43.0.20' } }] },
    [],
  ],
  [
    'a port is as it should be',
    { services: [ported('a', 30_001)], ports: new Map([[30_001, key('a')]]) },
    [],
  ],
  [
    'a port lacks its key',
    { services: [ported('a', 30_001)] },
    ['tell PortNotAllocated', 'give a 30001'],
  ],
  ['a port is nobody’s', { ports: new Map([[30_001, key('a')]]) }, ['drop 30001']],
  [
    'two have one port',
    { services: [ported('a', 30_001), ported('b', 30_001)], ports: new Map([[30_001, key('a')]]) },
    ['tell PortAlreadyAllocated'],
  ],
  [
    'a port is outside the range',
    { services: [ported('a', 99)] },
    ['tell PortOutOfRange', 'give a 99'],
  ],
];
for (const [name, parts, want] of cases) {
  test(`apiserver A117: repair when ${name}`, (t) => t.deepEqual(shown(parts), want));
}
