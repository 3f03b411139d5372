/** Every component works with the rights of its own identity, and no more are needed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createCluster } from '../helpers/cluster.ts';

const cluster = createCluster();
test.after.always(() => cluster.remove());

const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { color: blue }
---
apiVersion: v1
kind: Secret
metadata: { name: key }
stringData: { word: sesame }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: localhost/wherry/busybox:1
          command: [sh, -c, 'cat /etc/key/word; echo " $COLOR"; sleep 1000']
          env: [{ name: COLOR, valueFrom: { configMapKeyRef: { name: settings, key: color } } }]
          volumeMounts: [{ name: key, mountPath: /etc/key }]
      volumes: [{ name: key, secret: { secretName: key } }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

test('apiserver A103: no component asks for what it may not', async (t) => {
  await cluster.up();
  await cluster.kubectl('apply -f -', { input: manifest });
  await cluster.kubectl('rollout status deployment/web --timeout=60s');
  t.regex(await cluster.kubectl('logs deployment/web'), /sesame blue/);
  await cluster.kubectl('scale deployment/web --replicas=1');
  await cluster.kubectl('delete deployment,service web --wait');
  const folder = join(cluster.root, 'logs');
  const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
  t.true(files.length >= 6, files.join());
  for (const name of files) {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n');
    t.deepEqual(
      lines.filter((line) => /forbidden|Unauthorized/i.test(line)),
      [],
      name,
    );
  }
});
