import test from 'ava';
import { schemaFiles, typeNamed, typeOfKind, typesOf } from './schema.ts';

test('every type of every file can be read, and refers to types that exist', (t) => {
  let count = 0;
  for (const file of schemaFiles()) {
    for (const type of typesOf(file)) count += type.fields.size;
  }
  t.true(count > 2000);
});

test('kinds are found by group, version and kind', (t) => {
  t.is(typeOfKind({ group: '', version: 'v1', kind: 'Pod' })?.definition, 'io.k8s.api.core.v1.Pod');
  t.is(typeOfKind({ group: '', version: 'v1', kind: 'DeleteOptions' })?.file, 'meta-v1');
  t.is(typeOfKind({ group: 'apps', version: 'v1', kind: 'Pod' }), undefined);
  t.is(typeOfKind({ group: '', version: 'v1', kind: 'constructor' }), undefined);
});

test('a field has its markers', (t) => {
  t.like(typeNamed('core-v1', 'Container')?.fields.get('ports'), {
    required: false,
    listType: 'map',
    keys: ['containerPort', 'protocol'],
    patchKey: 'containerPort',
    patchStrategy: ['merge'],
  });
  t.like(typeNamed('core-v1', 'PodSpec')?.fields.get('restartPolicy'), {
    enum: ['Always', 'OnFailure', 'Never'],
  });
});
