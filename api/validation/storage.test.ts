import test from 'ava';
import {
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  priorityClasses,
  runtimeClasses,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
} from '../resources.ts';
import { systemPriorityClasses } from './priority-class.ts';
import { checkCases, draftOf, type Loose } from './testing.ts';

const provisioner = 'a.io/b';

test(
  'apiserver A120: a StorageClass stays what volumes were made by',
  checkCases(storageClasses, {
    'a class': { object: { provisioner }, want: [] },
    nobody: { object: { provisioner: '' }, want: ['provisioner: Required value'] },
    nothing: { object: {}, want: ['provisioner: Required value'] },
    'an unknown policy': {
      object: { provisioner, reclaimPolicy: 'Recycle' },
      want: ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    },
    'a key __proto__, which is a key like any other': {
      object: { provisioner, parameters: JSON.parse('{"__proto__":"a"}') },
      want: [],
    },
    topologies: {
      object: {
        provisioner,
        allowedTopologies: [
          { matchLabelExpressions: [{ key: 'zone', values: ['a', 'a'] }] },
          { matchLabelExpressions: [{ key: 'zone', values: [] }] },
        ],
      },
      want: [
        'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
        'allowedTopologies[1].matchLabelExpressions[0].values: Required value',
      ],
    },
    changes: {
      object: {
        provisioner: 'a.io/c',
        parameters: { a: 'b' },
        reclaimPolicy: 'Retain',
        volumeBindingMode: 'WaitForFirstConsumer',
        allowVolumeExpansion: true,
      },
      old: { provisioner },
      want: [
        'parameters: Forbidden: updates to parameters are forbidden.',
        'provisioner: Forbidden: updates to provisioner are forbidden.',
        'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
        'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
      ],
    },
  }),
);

test(
  'volumeattributesclasses: have parameters, which stay',
  checkCases(volumeAttributesClasses, {
    'no parameters': {
      object: { driverName: 'a.io' },
      want: ['parameters: Required value: must contain at least one key/value pair'],
    },
    changes: {
      object: { driverName: 'b.io', parameters: { a: 'c' } },
      old: { driverName: 'a.io', parameters: { a: 'b' } },
      want: [
        'driverName: Forbidden: updates to driverName are forbidden.',
        'parameters: Forbidden: updates to parameters are forbidden.',
      ],
    },
  }),
);

const driver = (spec: Loose) => ({ metadata: { name: 'a.io' }, spec });

test(
  'apiserver A120: a CSIDriver says what it wants to be told',
  checkCases(csiDrivers, {
    'all by default': { object: driver({}), want: [] },
    tokens: {
      object: driver({
        tokenRequests: [
          { audience: 'a', expirationSeconds: 60 },
          { audience: 'a' },
          { audience: 'b', expirationSeconds: 2 ** 33 },
        ],
      }),
      want: [
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
        'spec.tokenRequests[2].expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds',
      ],
    },
    modes: {
      object: driver({ volumeLifecycleModes: ['Now'] }),
      want: [
        'spec.volumeLifecycleModes: Unsupported value: "Now": supported values: "Ephemeral", "Persistent"',
      ],
    },
    changes: {
      object: driver({ attachRequired: false, podInfoOnMount: true }),
      old: driver({}),
      want: ['spec.attachedRequired: Invalid value: false: field is immutable'],
    },
  }),
);

const node = (...drivers: Loose[]) => ({ spec: { drivers } });

test(
  'apiserver A120: a CSINode has each driver once',
  checkCases(csiNodes, {
    none: { object: node(), want: [] },
    strange: {
      object: node(
        { name: 'a.io', nodeID: '' },
        { name: 'a.io', nodeID: 'n', allocatable: { count: -1 }, topologyKeys: ['z', 'z'] },
      ),
      want: [
        'spec.drivers[0].nodeID: Required value',
        'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
        'spec.drivers[1].topologyKeys: Duplicate value: "z"',
        'spec.drivers[1].name: Duplicate value: "a.io"',
      ],
    },
    'a driver that is another': {
      object: node({ name: 'a.io', nodeID: 'm' }),
      old: node({ name: 'a.io', nodeID: 'n' }),
      want: ['CSINodeDriver: Invalid value: {"name":"a.io","nodeID":"m"}: field is immutable'],
    },
    'a driver with more room': {
      object: node({ name: 'a.io', nodeID: 'n', allocatable: { count: 2 } }),
      old: node({ name: 'a.io', nodeID: 'n', allocatable: { count: 1 } }),
      want: [],
    },
  }),
);

test(
  'apiserver A120: a CSIStorageCapacity is of one class in one place',
  checkCases(csiStorageCapacities, {
    negative: {
      object: { storageClassName: 'a', capacity: '-1' },
      want: ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
    },
    changes: {
      object: { storageClassName: 'b', capacity: '2Gi' },
      old: { storageClassName: 'a', capacity: '1Gi' },
      want: ['storageClassName: Invalid value: "b": field is immutable'],
    },
  }),
);

const attachment = (source: Loose) => ({ spec: { attacher: 'a.io', nodeName: 'n', source } });

test(
  'apiserver A120: a VolumeAttachment stays as it was asked for',
  checkCases(volumeAttachments, {
    'a volume': { object: attachment({ persistentVolumeName: 'v' }), want: [] },
    none: {
      object: attachment({}),
      want: [
        'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
      ],
    },
    another: {
      object: attachment({ persistentVolumeName: 'w' }),
      old: attachment({ persistentVolumeName: 'v' }),
      want: [
        'spec: Invalid value: {"attacher":"a.io","nodeName":"n","source":{"persistentVolumeName":"w"}}: field is immutable',
      ],
    },
  }),
);

const reserved =
  "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system " +
  'use only. error: ';

test(
  'apiserver A119: a PriorityClass has a value for good, below those of the system',
  checkCases(priorityClasses, {
    zero: { object: {}, want: [] },
    'too high': {
      object: { value: 1_000_000_001 },
      want: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    },
    'a name of the system': {
      object: { metadata: { name: 'system-x' }, value: 1 },
      want: [`${reserved}system-x is not a known system priority class`],
    },
    'another value for one of the system': {
      object: { metadata: { name: 'system-node-critical' }, value: 1 },
      want: [`${reserved}value of system-node-critical PriorityClass must be 2000001000`],
    },
    changes: {
      object: { value: 2, preemptionPolicy: 'Never', globalDefault: true, description: 'x' },
      old: { value: 1 },
      want: [
        'value: Forbidden: may not be changed in an update.',
        'preemptionPolicy: Invalid value: "Never": field is immutable',
      ],
    },
  }),
);

test('apiserver A119: the classes of the system are valid, and stay', (t) => {
  for (const each of systemPriorityClasses) {
    const draft = draftOf(priorityClasses, each as unknown as Loose);
    t.deepEqual(priorityClasses.validate?.(draft, undefined), []);
    t.is(
      priorityClasses.undeletable?.(draft),
      'this is a system priority class and cannot be deleted',
    );
  }
  t.is(priorityClasses.undeletable?.({ metadata: { name: 'mine' } }), undefined);
});

test(
  'apiserver A120: a RuntimeClass has one handler for good',
  checkCases(runtimeClasses, {
    'a handler': { object: { handler: 'runc' }, want: [] },
    'no label': {
      object: { handler: 'a.b' },
      want: ['handler: Invalid value: "a.b": must not contain dots'],
    },
    another: {
      object: { handler: 'b' },
      old: { handler: 'a' },
      want: ['handler: Invalid value: "b": field is immutable'],
    },
    scheduling: {
      object: {
        handler: 'a',
        scheduling: { tolerations: [{ operator: 'Exists' }, { operator: 'Exists' }] },
      },
      want: ['scheduling.tolerations[1]: Duplicate value: {"operator":"Exists"}'],
    },
  }),
);
