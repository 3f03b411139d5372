import test from 'ava';
import { schemaFiles, type TypeSchema, typeNamed, typesOf } from '../schema.ts';
import { describeField, describeType, readWords } from './describe.ts';
import { metaWords } from './words/meta.ts';
import { podWords } from './words/pods.ts';
import { typeWords } from './words/types.ts';
import { workloadWords } from './words/workloads.ts';

const all = schemaFiles().flatMap(typesOf);
const entries = [typeWords, metaWords, podWords, workloadWords].flatMap(readWords);

test('each sentence is one, said once, and about something that there is', (t) => {
  const keys = new Set<string>();
  for (const [key, text] of entries) {
    t.false(keys.has(key), `${key} is told twice`);
    keys.add(key);
    t.regex(text, /^[A-Z\d].*\.$/, key);
    const [type = '', field] = key.split('.');
    const types = all.filter(({ name }) => type === '' || name === type);
    t.true(
      types.some((each) => field === undefined || each.fields.has(field)),
      key,
    );
  }
});

const core = (name: string): TypeSchema => typeNamed('core-v1', name)!;
const cases: readonly [type: string, field: string | undefined, text: string][] = [
  [
    'Pod',
    undefined,
    'Containers that run together on one node, with one address and shared volumes.',
  ],
  ['PodList', undefined, 'A list of pod objects.'],
  ['NodeStatus', undefined, 'What is observed of the node.'],
  ['Probe', 'timeoutSeconds', 'Seconds after which no answer is a bad one. Usually 1.'],
  ['Container', 'securityContext', "Security settings of one container; they win over the pod's."],
  ['NodeSystemInfo', 'kernelVersion', 'Kernel version.'],
  ['NodeSystemInfo', 'bootID', 'Boot ID.'],
];
for (const [type, field, text] of cases) {
  test(`${field ? `${type}.${field}` : type} is described`, (t) => {
    const schema = core(type);
    const told = field ? describeField(schema, schema.fields.get(field)!) : describeType(schema);
    t.is(told, text);
  });
}
