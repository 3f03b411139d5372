/**
 * Stock kubectl, today's and Debian's 1.20, through what users do with it: one API server with our
 * controllers and hollow nodes, a namespace a story, the stories side by side.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { namespaces } from '../../api/resources.ts';
import { createHollowCluster, type HollowCluster } from '../helpers/hollow-cluster.ts';
import { kubectls, openSession, type Story, tell, type Version } from '../helpers/shell-session.ts';
import { access } from './stories/access.ts';
import { objects } from './stories/objects.ts';
import { reading } from './stories/reading.ts';
import { workloads } from './stories/workloads.ts';

let cluster: HollowCluster;

test.before(async () => {
  cluster = await createHollowCluster(['node-1', 'node-2', 'node-3']);
});
test.after.always(() => cluster?.remove());

let count = 0;

async function open(version: Version) {
  const namespace = `s${count++}`;
  const { client, api, kubeconfig } = cluster;
  await client.create(namespaces, { metadata: { name: namespace } });
  const folder = join(api.folder, namespace);
  mkdirSync(folder);
  return openSession({ folder, kubeconfig, namespace, version });
}

const stories: readonly Story[] = [...objects, ...reading, ...workloads, ...access];

for (const story of stories) {
  for (const version of Object.keys(kubectls) as Version[]) {
    test(`${story.title} (kubectl ${version})`, async (t) => {
      await tell(t, story, { session: await open(version), version });
    });
  }
}
