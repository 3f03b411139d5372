import test from 'ava';
import { pods } from '../../api/resources/pod.ts';
import { runtimeClasses } from '../../api/resources/runtime-class.ts';
import type { PodSpec } from '../../api/types/core-v1.generated.ts';
import type { RuntimeClass } from '../../api/types/node-v1.generated.ts';
import { createFakeReader } from './fake-reader.ts';
import { createRuntimeClass } from './runtime-class.ts';
import { admissionRequest, podWith, verdict } from './testing.ts';

const sandboxed: RuntimeClass = {
  metadata: { name: 'sandboxed' },
  handler: 'kata',
  overhead: { podFixed: { cpu: '250m' } },
  scheduling: {
    nodeSelector: { runtime: 'kata' },
    tolerations: [{ key: 'kata', operator: 'Exists' }],
  },
};

async function ask(spec: Partial<PodSpec>) {
  const reader = createFakeReader();
  reader.put(runtimeClasses, sandboxed);
  const object = podWith(spec);
  const request = admissionRequest(pods, { object });
  const said = await verdict([createRuntimeClass({ reader })], request);
  return { said: said.replace('403 pods "web" is forbidden: ', ''), spec: object.spec! };
}

test('a pod gets overhead, nodes and tolerations of its RuntimeClass', async (t) => {
  const tolerations = [{ key: 'other', operator: 'Exists' }];
  const { said, spec } = await ask({
    runtimeClassName: 'sandboxed',
    nodeSelector: { disk: 'ssd' },
    tolerations,
  });
  t.is(said, 'admitted');
  t.deepEqual(spec.overhead, { cpu: '250m' });
  t.deepEqual(spec.nodeSelector, { disk: 'ssd', runtime: 'kata' });
  t.deepEqual(spec.tolerations, [...tolerations, { key: 'kata', operator: 'Exists' }]);
});

const doesNotMatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const cases: [string, Partial<PodSpec>, string][] = [
  ['no class', {}, 'admitted'],
  ['the same overhead', { runtimeClassName: 'sandboxed', overhead: { cpu: '0.25' } }, 'admitted'],
  ['another overhead', { runtimeClassName: 'sandboxed', overhead: { cpu: '1' } }, doesNotMatch],
  [
    'overhead without class',
    { overhead: { cpu: '1' } },
    'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  ],
  [
    'a class that is not there',
    { runtimeClassName: 'gone' },
    'pod rejected: RuntimeClass "gone" not found',
  ],
  [
    'a node selector against the class',
    { runtimeClassName: 'sandboxed', nodeSelector: { runtime: 'runc' } },
    'conflict: runtimeClass.scheduling.nodeSelector[runtime] = kata; ' +
      'pod.spec.nodeSelector[runtime] = runc',
  ],
];
for (const [name, spec, want] of cases) {
  test(`RuntimeClass with ${name}: ${want.slice(0, 20)}`, async (t) => {
    t.is((await ask(spec)).said, want);
  });
}
