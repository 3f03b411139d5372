import test from 'ava';
import { pods } from '../../api/resources/pod.ts';
import { StatusError } from '../../base/errors.ts';
import type { AdmissionPlugin, Reservation } from '../request.ts';
import { chainPlugins } from './chain.ts';
import { admissionRequest, pass } from './testing.ts';

const ask = () => admissionRequest(pods, { object: { metadata: { name: 'a', namespace: 'b' } } });
const refusing: AdmissionPlugin = {
  name: 'no',
  validate: () => {
    throw new StatusError('Forbidden', 'no');
  },
};

function reserving(name: string, log: string[], waits = false): AdmissionPlugin {
  const reservation: Reservation = {
    sideWrites: () => [{ key: name, value: undefined }],
    commit: () => void log.push(`commit ${name}`),
    rollback: () => void log.push(`rollback ${name}`),
  };
  return { name, mutate: () => (waits ? Promise.resolve(reservation) : reservation) };
}

test('a refusal gives back what earlier plugins reserved', async (t) => {
  const log: string[] = [];
  const plugins = [reserving('a', log), reserving('b', log, true)];
  await t.throwsAsync(pass(chainPlugins([...plugins, refusing]), ask()));
  t.deepEqual(log.splice(0), ['rollback b', 'rollback a']);
  const passage = await pass(chainPlugins(plugins), ask());
  t.deepEqual(
    passage.sideWrites(false).map(({ key }) => key),
    ['a', 'b'],
  );
  passage.commit();
  t.deepEqual(log, ['commit a', 'commit b']);
});

test('all that change the object come before all that only look', async (t) => {
  const log: string[] = [];
  const both = (name: string, waits = false): AdmissionPlugin => {
    const say = (phase: string) => () => {
      log.push(`${name} ${phase}`);
      return waits ? Promise.resolve(undefined) : undefined;
    };
    return { name, mutate: say('mutates'), validate: say('validates') };
  };
  await pass(chainPlugins([both('a', true), both('b')], [both('last')]), ask());
  t.deepEqual(log, [
    'a mutates',
    'b mutates',
    'last mutates',
    'a validates',
    'b validates',
    'last validates',
  ]);
});

test('nobody waits where no plugin waits', (t) => {
  const passage = chainPlugins([reserving('a', [])]).start(ask());
  t.is(passage.mutate(), undefined);
  t.is(passage.validate(), undefined);
});

test('a plugin may ask for a second look, which comes before the last ones', async (t) => {
  const log: string[] = [];
  const looking: AdmissionPlugin = {
    name: 'looking',
    mutate: ({ isReinvocation = false }) => void log.push(isReinvocation ? 'again' : 'first'),
  };
  const webhook: AdmissionPlugin = {
    name: 'webhook',
    mutate: (request) => {
      if (!request.isReinvocation) request.wantsReinvocation = true;
      return undefined;
    },
  };
  const last: AdmissionPlugin = { name: 'last', mutate: () => void log.push('last') };
  await pass(chainPlugins([looking, webhook], [last]), ask());
  t.deepEqual(log, ['first', 'again', 'last']);
});
