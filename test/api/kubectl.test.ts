/**
 * Stock kubectl, today's and Debian's 1.20, through what users do with it: one API server with our
 * controllers and hollow nodes, a namespace a story, the stories side by side.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { namespaces, serviceAccounts } from '../../api/resources.ts';
import { waitUntil } from '../helpers/cluster.ts';
import { createHollowCluster, type HollowCluster } from '../helpers/hollow-cluster.ts';
import { kubectls, openSession, type Story, tell, type Version } from '../helpers/shell-session.ts';
import { access } from './stories/access.ts';
import { creating } from './stories/creating.ts';
import { objects } from './stories/objects.ts';
import { reading } from './stories/reading.ts';
import { workloads } from './stories/workloads.ts';

let cluster: HollowCluster;

test.before(async () => {
  cluster = await createHollowCluster(['node-1', 'node-2', 'node-3']);
});
test.after.always(() => cluster?.remove());

/** Two cores cannot run all stories at once and keep what each has the patience for. */
const placesMax = 6;
const queue: (() => void)[] = [];
let places = placesMax;

async function takePlace(): Promise<() => void> {
  if (places > 0) places -= 1;
  else await new Promise<void>((resolve) => queue.push(resolve));
  return () => {
    const next = queue.shift();
    if (next) next();
    else places += 1;
  };
}

let count = 0;

async function open(version: Version) {
  const namespace = `s${count++}`;
  const { client, api, kubeconfig } = cluster;
  await client.create(namespaces, { metadata: { name: namespace } });
  // Pods are refused until it has its account.
  const hasAccount = () =>
    client.get(serviceAccounts, 'default', namespace).then(
      () => true,
      () => false,
    );
  await waitUntil(hasAccount);
  const folder = join(api.folder, namespace);
  mkdirSync(folder);
  return openSession({ folder, kubeconfig, namespace, version });
}

const stories: readonly Story[] = [...objects, ...creating, ...reading, ...workloads, ...access];

for (const story of stories) {
  for (const version of Object.keys(kubectls) as Version[]) {
    test(`${story.title} (kubectl ${version})`, async (t) => {
      const leave = await takePlace();
      try {
        await tell(t, story, { session: await open(version), version });
      } finally {
        leave();
      }
    });
  }
}
