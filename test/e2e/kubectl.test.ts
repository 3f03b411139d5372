/**
 * Where pods really run: what kubectl, of today and 1.20, and helm do with them. What needs no pod
 * is in test/api/kubectl.test.ts; exec, attach, cp, port-forward and proxy are in streams.test.ts.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createCluster, type TestCluster } from '../helpers/cluster.ts';
import {
  kubectls,
  openSession,
  type Step,
  sinceVersion,
  tell,
  type Version,
} from '../helpers/shell-session.ts';

let cluster: TestCluster;

test.before(async () => {
  cluster = createCluster();
  await cluster.up();
});
test.after.always(() => cluster?.remove());

const busybox = 'localhost/wherry/busybox:1';

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: ${busybox}
          command: [sh, -c, 'mkdir /www; echo "$WORD" > /www/index.html; exec httpd -f -p 80 -h /www']
          env: [{ name: WORD, value: one }]
          ports: [{ containerPort: 80 }]
          readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 }
`;

const ask = `kubectl exec asker -- timeout 5 wget -qO- http://web/`;

const pods: readonly Step[] = [
  ['kubectl apply -f web.yaml', /deployment.apps\/web created/],
  ['kubectl expose deployment web', /service\/web exposed/],
  [
    `kubectl run asker --image=${busybox} --restart=Never --command -- sleep 1000`,
    /pod\/asker created/,
  ],
  ['kubectl rollout status deployment/web --timeout=90s', /successfully rolled out/],
  ['kubectl wait --for=condition=Ready pod/asker --timeout=60s', /condition met/],
  ['kubectl get pods -o wide -l app=web', /web-\S+ +1\/1 +Running +0 .* 10\.42\.0\.\d+ +node-1 /],
  [ask, /^one$/m],
  ['kubectl set env deployment/web WORD=two', /env updated/],
  ['kubectl rollout status deployment/web --timeout=90s', /successfully rolled out/],
  [`for i in 1 2 3 4 5 6; do ${ask}; done`, /^two\ntwo\ntwo\ntwo\ntwo\ntwo$/m],
  ['kubectl rollout undo deployment/web', /rolled back/],
  ['kubectl rollout status deployment/web --timeout=90s', /successfully rolled out/],
  [ask, /^one$/m],
  [
    'kubectl describe pod -l app=web',
    /Ready: +True[\s\S]*Scheduled[\s\S]*(?:Pulled|Created)[\s\S]*Started/,
  ],
  ['kubectl get events --field-selector=reason=Started', /Started/],
  [
    'kubectl events --types=Normal',
    /Started/,
    sinceVersion('1.23', /unknown command|must specify/),
  ],
  ['kubectl drain node-1 --pod-selector=app=web --timeout=60s', /evicting pod[\s\S]*evicted/],
  ['kubectl get pods -l app=web', /web-\S+ +0\/1 +Pending/],
  ['kubectl uncordon node-1', /uncordoned/],
  ['kubectl rollout status deployment/web --timeout=90s', /successfully rolled out/],
  [ask, /^one$/m],
  ['! kubectl top node', /Metrics API not available/],
  ['kubectl delete pod asker --grace-period=0 --force', /force deleted/],
  ['kubectl delete deployment web --cascade=foreground --timeout=60s', /"web" deleted/],
  ['kubectl delete service web', /"web" deleted/],
];

for (const version of Object.keys(kubectls) as Version[]) {
  const title = `apiserver A65, A77: kubectl ${version} from apply to delete, with pods that run`;
  test.serial(title, async (t) => {
    const namespace = `k${version.replace('.', '-')}`;
    await tell(
      t,
      { title, files: { 'web.yaml': web }, steps: pods },
      { session: await open(namespace, version), version },
    );
  });
}

const chart = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 0.1.0\n',
  'chart/values.yaml': 'word: one\n',
  'chart/templates/web.yaml': web.replace('value: one', 'value: {{ .Values.word }}'),
};

const release: readonly Step[] = [
  ['helm install r chart --wait --timeout=90s', /STATUS: deployed/],
  ['kubectl get deployment web', /web +2\/2/],
  ['helm upgrade r chart --wait --timeout=90s --set word=two', /REVISION: 2/],
  ['kubectl exec deployment/web -- cat /www/index.html', /^two$/m],
  ['helm rollback r 1 --wait --timeout=90s', /Rollback was a success/],
  ['kubectl exec deployment/web -- cat /www/index.html', /^one$/m],
  ['helm uninstall r --wait --timeout=90s', /uninstalled/],
  ['kubectl get deployments -o name', /^$/],
];

test.serial(
  'helm installs a chart and waits for its pods, upgrades, rolls back, uninstalls',
  async (t) => {
    const version = '1.35';
    const session = await open('helm', version);
    await tell(t, { title: 'helm', files: chart, steps: release }, { session, version });
  },
);

async function open(namespace: string, version: Version) {
  await cluster.kubectl(`create namespace ${namespace}`);
  const { host, root, name } = cluster;
  const folder = join(host.dir, namespace);
  mkdirSync(folder);
  const kubeconfig = `${root}/admin.kubeconfig`;
  return openSession({ folder, kubeconfig, namespace, version, netns: host.netns, cluster: name });
}
