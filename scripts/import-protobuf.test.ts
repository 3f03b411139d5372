import test from 'ava';
import { parsePackage } from '../api/schema.ts';
import { type Packages, renderNumbers } from './import-protobuf.ts';

const schema = `
package io.k8s.api.core.v1 v1
type Volume kind
 apiVersion string
 kind string
 name string required
 ports [int32]
 apiGroup string
 emptyDir object
`;
const roots = [parsePackage('core-v1', schema).get('Volume')!];
const volume = {
  name: [1, 'string'],
  ports: [4, 'repeated int32'],
  aPIGroup: [5, 'string'],
  volumeSource: [2, 'VolumeSource'],
} as const;
const source = { emptyDir: [3, '.k8s.io.apimachinery.pkg.runtime.RawExtension'] } as const;

const render = (Volume: Packages[string][string], VolumeSource = source as object) =>
  renderNumbers({ 'k8s.io.api.core.v1': { Volume, VolumeSource } } as Packages, roots);

test('renderNumbers counts on, and keeps embedded structs apart', (t) => {
  t.deepEqual(
    [...render(volume)],
    [['core-v1', 'Volume name! :VolumeSource ports=4 apiGroup\nVolumeSource emptyDir=3']],
  );
});

test('renderNumbers ends where documents and schema differ', (t) => {
  const { ports, ...without } = volume;
  t.throws(() => render(without), { message: /no numbers for ports/ });
  t.throws(() => render({ ...volume, ports: [4, 'repeated string'] }), { message: /ports is/ });
  t.throws(() => render({ ...volume, more: [9, 'More'] }), { message: /no message More/ });
  t.throws(() => renderNumbers({}, roots), { message: /no package k8s\.io\.api\.core\.v1/ });
  t.is(ports.length, 2);
});
