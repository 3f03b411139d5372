/** The plugins that choose classes and look after claims. */
import test from 'ava';
import { ingresses } from '../../api/resources/ingress.ts';
import { ingressClasses } from '../../api/resources/ingress-class.ts';
import { persistentVolumeClaims } from '../../api/resources/persistent-volume-claim.ts';
import { storageClasses } from '../../api/resources/storage-class.ts';
import type { PersistentVolumeClaim } from '../../api/types/core-v1.generated.ts';
import type { Ingress } from '../../api/types/networking-v1.generated.ts';
import { createDefaultIngressClass } from './default-ingress-class.ts';
import { createDefaultStorageClass } from './default-storage-class.ts';
import { createFakeReader } from './fake-reader.ts';
import { createPersistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { admissionRequest, verdict } from './testing.ts';

const marked = (key: string, name: string, time: string) => ({
  metadata: { name, creationTimestamp: time, annotations: { [key]: 'true' } },
});
const storageMark = 'storageclass.kubernetes.io/is-default-class';
const ingressMark = 'ingressclass.kubernetes.io/is-default-class';
const claim = (spec: PersistentVolumeClaim['spec'] = {}, phase = 'Bound') => ({
  metadata: { name: 'data', namespace: 'default' },
  spec,
  status: { phase },
});

test('DefaultStorageClass names the newest default, and only where nothing is said', async (t) => {
  const reader = createFakeReader();
  const plugin = createDefaultStorageClass({ reader });
  const ask = async (spec: PersistentVolumeClaim['spec']) => {
    const object = claim(spec);
    await verdict([plugin], admissionRequest(persistentVolumeClaims, { object }));
    return object.spec?.storageClassName;
  };
  t.is(await ask({}), undefined);
  reader.put(storageClasses, marked(storageMark, 'old', '2026-01-01T00:00:00Z'));
  reader.put(storageClasses, marked(storageMark, 'new', '2026-02-01T00:00:00Z'));
  reader.put(storageClasses, marked('other', 'newer', '2026-03-01T00:00:00Z'));
  t.is(await ask({}), 'new');
  t.is(await ask({ storageClassName: '' }), '');
  t.is(await ask({ storageClassName: 'own' }), 'own');
});

test('DefaultIngressClass names the default, and only where nothing is said', async (t) => {
  const reader = createFakeReader();
  reader.put(ingressClasses, marked(ingressMark, 'b', '2026-01-01T00:00:00Z'));
  reader.put(ingressClasses, marked(ingressMark, 'a', '2026-01-01T00:00:00Z'));
  const plugin = createDefaultIngressClass({ reader });
  const ask = async (object: Ingress) => {
    await verdict([plugin], admissionRequest(ingresses, { object }));
    return object.spec?.ingressClassName;
  };
  const metadata = { name: 'i', namespace: 'default' };
  t.is(await ask({ metadata, spec: {} }), 'a');
  t.is(await ask({ metadata, spec: { ingressClassName: 'own' } }), 'own');
  const annotations = { 'kubernetes.io/ingress.class': 'old' };
  t.is(await ask({ metadata: { ...metadata, annotations }, spec: {} }), undefined);
});

test('StorageObjectInUseProtection gives claims their finalizer, once', async (t) => {
  const object: PersistentVolumeClaim = claim();
  const request = admissionRequest(persistentVolumeClaims, { object });
  await verdict([storageObjectInUseProtection], request);
  await verdict([storageObjectInUseProtection], request);
  t.deepEqual(object.metadata?.finalizers, ['kubernetes.io/pvc-protection']);
});

const sized = (storage: string, phase = 'Bound', storageClassName = 'elastic') =>
  claim({ storageClassName, resources: { requests: { storage } } }, phase);
const notHere =
  'only dynamically provisioned pvc can be resized and the storageclass ' +
  'that provisions the pvc must support resize';
const resizes: [string, PersistentVolumeClaim, PersistentVolumeClaim, string][] = [
  ['may grow', sized('2Gi'), sized('1Gi'), 'admitted'],
  [
    'may stay as it is',
    sized('1Gi', 'Bound', 'rigid'),
    sized('1024Mi', 'Bound', 'rigid'),
    'admitted',
  ],
  [
    'that is not bound may not grow',
    sized('2Gi'),
    sized('1Gi', 'Pending'),
    'Only bound persistent volume claims can be expanded',
  ],
  ['of a rigid class may not grow', sized('2Gi'), sized('1Gi', 'Bound', 'rigid'), notHere],
  ['without class may not grow', sized('2Gi'), sized('1Gi', 'Bound', ''), notHere],
];
for (const [name, object, old, want] of resizes) {
  test(`PersistentVolumeClaimResize: a claim ${name}`, async (t) => {
    const reader = createFakeReader();
    reader.put(storageClasses, {
      metadata: { name: 'elastic' },
      allowVolumeExpansion: true,
    } as never);
    reader.put(storageClasses, { metadata: { name: 'rigid' } });
    const plugin = createPersistentVolumeClaimResize({ reader });
    const said = await verdict([plugin], admissionRequest(persistentVolumeClaims, { object, old }));
    t.is(said.replace('403 persistentvolumeclaims "data" is forbidden: ', ''), want);
  });
}
