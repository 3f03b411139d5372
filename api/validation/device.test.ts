import test from 'ava';
import {
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
} from '../resources.ts';
import { checkCases, draftOf, type Loose } from './testing.ts';

const exactly = { deviceClassName: 'gpu' };
const claim = (devices: Loose, status?: Loose) => ({
  spec: { devices },
  ...(status && { status }),
});
const requests = (...list: Loose[]) => claim({ requests: list });

test(
  'resourceclaims: requests have names, and ask in one way',
  checkCases(resourceClaims, {
    one: { object: requests({ name: 'a', exactly }), want: [] },
    'no way': {
      object: requests({ name: 'a' }),
      want: [
        'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
      ],
    },
    'the same name': {
      object: requests({ name: 'a', exactly }, { name: 'a', exactly }),
      want: ['spec.devices.requests[1].name: Duplicate value: "a"'],
    },
    counts: {
      object: requests(
        { name: 'a', exactly: { ...exactly, allocationMode: 'All', count: 1 } },
        { name: 'b', exactly: { ...exactly, count: -1 } },
        { name: 'c', exactly: { ...exactly, allocationMode: 'Some' } },
      ),
      want: [
        "spec.devices.requests[0].exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'",
        'spec.devices.requests[1].exactly.count: Invalid value: -1: must be greater than zero',
        'spec.devices.requests[2].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
      ],
    },
    'what belongs to no request': {
      object: claim({
        requests: [{ name: 'a', firstAvailable: [{ name: 'x', deviceClassName: 'gpu' }] }],
        constraints: [{ requests: ['a/x', 'b'], matchAttribute: 'model' }],
        config: [{ requests: ['c'] }],
      }),
      want: [
        `spec.devices.constraints[0].requests[1]: Invalid value: "b": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`,
        'spec.devices.constraints[0].matchAttribute: Invalid value: "model": must include a domain',
        `spec.devices.config[0].requests[0]: Invalid value: "c": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`,
        'spec.devices.config[0].opaque: Required value',
      ],
    },
    changes: {
      object: requests(),
      old: requests({ name: 'a', exactly }),
      want: ['spec: Invalid value: {"devices":{"requests":[]}}: field is immutable'],
    },
    'users of what was not given': {
      object: claim({}, { reservedFor: [{ resource: 'pods', name: 'a', uid: '1' }] }),
      old: claim({}),
      subresource: 'status',
      want: [
        'status.reservedFor: Invalid value: [{"resource":"pods","name":"a","uid":"1"}]: may not be specified when `allocated` is not set',
      ],
    },
  }),
);

test('a request is for one device', (t) => {
  const { spec } = draftOf(resourceClaims, requests({ name: 'a', exactly }));
  t.like(spec.devices?.requests?.[0]?.exactly, { allocationMode: 'ExactCount', count: 1 });
});

test(
  'resourceclaimtemplates stay',
  checkCases(resourceClaimTemplates, {
    changes: {
      object: { spec: { spec: { devices: {} } } },
      old: { spec: { spec: requests({ name: 'a', exactly }).spec } },
      want: ['spec: Invalid value: {"spec":{"devices":{}}}: field is immutable'],
    },
  }),
);

test(
  'deviceclasses: selectors are expressions',
  checkCases(deviceClasses, {
    strange: {
      object: { spec: { selectors: [{}], extendedResourceName: 'gpu' } },
      want: [
        'spec.selectors[0].cel: Required value',
        'spec.extendedResourceName: Invalid value: "gpu": must be a valid extended resource name',
      ],
    },
  }),
);

const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
const slice = (more: Loose) => ({ spec: { driver: 'a.io', pool, ...more } });
const places = '`nodeName`, `nodeSelector`, `allNodes`, or `perDeviceNodeSelection`';

test(
  'resourceslices: one place, each device once',
  checkCases(resourceSlices, {
    'a node': { object: slice({ nodeName: 'n', devices: [{ name: 'd' }] }), want: [] },
    nowhere: {
      object: slice({}),
      want: [`spec: Required value: exactly one of ${places} is required`],
    },
    everywhere: {
      object: slice({ nodeName: 'n', allNodes: true }),
      want: [
        `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": exactly one of ${places} is required, but multiple fields are set`,
      ],
    },
    devices: {
      object: slice({
        nodeName: 'n',
        devices: [{ name: 'd', attributes: { a: {}, b: { int: 1, string: 'x' } } }, { name: 'd' }],
      }),
      want: [
        'spec.devices[1].name: Duplicate value: "d"',
        'spec.devices[0].attributes[a]: Required value: exactly one value must be specified',
        'spec.devices[0].attributes[b]: Invalid value: {"int":1,"string":"x"}: exactly one value must be specified',
      ],
    },
    'another driver': {
      object: slice({ nodeName: 'n', driver: 'b.io' }),
      old: slice({ nodeName: 'n' }),
      want: ['spec.driver: Invalid value: "b.io": field is immutable'],
    },
  }),
);
