import test from 'ava';
import type { EphemeralContainer, Pod } from '../types/core-v1.generated.ts';
import { validateEphemeralContainersUpdate } from './pod-ephemeral.ts';

const pod = (...ephemeralContainers: EphemeralContainer[]): Pod => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'a', image: 'x' }], ephemeralContainers },
});
const problems = (now: Pod, old: Pod) =>
  validateEphemeralContainersUpdate(now, old).map(({ field, message }) => `${field}: ${message}`);

const debug = { name: 'debug', image: 'busybox' };

test('an ephemeral container may come, but neither go nor change', (t) => {
  const path = 'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not';
  t.deepEqual(problems(pod(debug), pod()), []);
  t.deepEqual(problems(pod({ name: 'more', image: 'x' }, debug), pod(debug)), []);
  t.deepEqual(problems(pod(), pod(debug)), [`${path} be removed\n`]);
  t.deepEqual(problems(pod({ ...debug, tty: true }), pod(debug)), [`${path} be changed\n`]);
});

test('static pods have no ephemeral containers', (t) => {
  const old = pod();
  old.metadata!.annotations = { 'kubernetes.io/config.mirror': 'x' };
  t.deepEqual(problems(pod(debug), old), [
    ': Forbidden: static pods do not support ephemeral containers',
  ]);
});
