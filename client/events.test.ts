import test from 'ava';
import { events } from '../api/resources.ts';
import { StatusError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { createVirtualClock } from '../test/simulation/clock.ts';
import { createRecorder } from './events.ts';
import { createFake } from './fake.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u' },
};

function make() {
  const clock = createVirtualClock();
  const client = createFake({ clock });
  const recorder = createRecorder(client, {
    ...{ component: 'kubelet', host: 'n', clock, log: silentLogger },
  });
  const said = async () => {
    await recorder.flush();
    const { items } = await client.list(events);
    return items.map(({ count, reason, message }) => `${count} ${reason}: ${message}`).sort();
  };
  return { clock, client, recorder, said };
}

test('the same said again is counted, another message is another event', async (t) => {
  const { recorder, said } = make();
  for (let i = 0; i < 3; i++) recorder.event(pod, 'Warning', 'BackOff', 'Back-off restarting');
  recorder.event(pod, 'Normal', 'Started', 'Started container');
  t.deepEqual(await said(), ['1 Started: Started container', '3 BackOff: Back-off restarting']);
});

test('an event names its object and its speaker', async (t) => {
  const { client, recorder } = make();
  const { name, namespace, uid } = pod.metadata;
  const about = { kind: 'Pod', name, namespace, uid, fieldPath: 'spec.containers{web}' };
  recorder.event(about, 'Normal', 'Pulled', 'Image is there');
  await recorder.flush();
  const [event] = (await client.list(events)).items;
  t.deepEqual(event?.involvedObject, about);
  t.deepEqual([event?.source, event?.type], [{ component: 'kubelet', host: 'n' }, 'Normal']);
});

test('many messages of one reason are combined, and one object cannot flood', async (t) => {
  const { recorder, said } = make();
  for (let i = 0; i < 100; i++) recorder.event(pod, 'Warning', 'Failed', `try ${i}`);
  const lines = await said();
  t.is(lines.length, 11);
  t.true(lines.some((line) => line.includes('(combined from similar events)')));
});

test('a server that refuses never throws at the speaker', async (t) => {
  const { client, recorder, said } = make();
  client.refuse = () => {
    throw new StatusError('ServiceUnavailable', 'away');
  };
  recorder.event(pod, 'Normal', 'Started', 'lost');
  await t.notThrowsAsync(recorder.flush());
  client.refuse = undefined;
  recorder.event(pod, 'Normal', 'Started', 'kept');
  t.deepEqual(await said(), ['1 Started: kept']);
});
