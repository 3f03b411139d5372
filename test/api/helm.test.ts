/**
 * helm, with a chart of its own: a Deployment, a Service, a ConfigMap from a template, hooks and
 * notes; by server-side apply, as helm 4 does it, and by the client, as helm 3 did.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { namespaces } from '../../api/resources.ts';
import { createHollowCluster, type HollowCluster } from '../helpers/hollow-cluster.ts';
import { openSession, type Step, type Story, tell } from '../helpers/shell-session.ts';

let cluster: HollowCluster;

test.before(async () => {
  cluster = await createHollowCluster(['node-1']);
});
test.after.always(() => cluster?.remove());

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "chart.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata:
      labels: { app: {{ .Release.Name }} }
      annotations: { sum: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }} }
    spec: { containers: [{ name: web, image: "x:{{ .Values.tag }}", ports: [{ containerPort: 80 }] }] }
`;

const hook = (name: string, when: string, word: string) => `
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-${name}-{{ .Release.Revision }}
  annotations: { helm.sh/hook: "${when}", helm.sh/hook-delete-policy: "${word}" }
spec: { restartPolicy: Never, containers: [{ name: a, image: x, command: ["true"] }] }
`;

const files = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 0.1.0\nappVersion: "1"\n',
  'chart/values.yaml': 'replicas: 2\ntag: 1\ncolours: [red, green]\nmore: true\n',
  'chart/templates/_helpers.tpl':
    '{{- define "chart.labels" -}}\nhelm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}\n' +
    'app.kubernetes.io/managed-by: {{ .Release.Service }}\n{{- end }}\n',
  'chart/templates/deployment.yaml': deployment,
  'chart/templates/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: { name: {{ .Release.Name }} }\n' +
    'spec: { selector: { app: {{ .Release.Name }} }, ports: [{ port: 80 }] }\n',
  'chart/templates/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Release.Name }} }\ndata:\n' +
    '{{- range $i, $c := .Values.colours }}\n  colour-{{ $i }}: {{ $c }}\n{{- end }}\n' +
    '{{- if .Values.more }}\n  more: "yes"\n{{- end }}\n',
  'chart/templates/before.yaml': hook('before', 'pre-install,pre-upgrade', 'hook-succeeded'),
  'chart/templates/after.yaml': hook('after', 'post-install', 'before-hook-creation'),
  'chart/templates/NOTES.txt': '{{ .Release.Name }} has {{ .Values.replicas }} replicas\n',
};

const data = "kubectl get configmap web -o jsonpath='{.data}'";
const images =
  "kubectl get deployment web -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[0].image}'";

const steps = (flag: string, apply: boolean): readonly Step[] => [
  ['helm lint chart', /0 chart\(s\) failed/],
  [`helm install web chart --dry-run=server ${flag}`, /MANIFEST:[\s\S]*colour-0: red/],
  [
    `helm install web chart --wait --timeout=60s ${flag}`,
    /STATUS: deployed[\s\S]*web has 2 replicas/,
  ],
  ['kubectl get deployment web', /web +2\/2 +2 +2/],
  [data, /^\{"colour-0":"red","colour-1":"green","more":"yes"\}$/],
  ['kubectl get pods -o name', /^(?!.*before)[\s\S]*pod\/web-after-1/],
  [
    'kubectl get configmap web -o yaml --show-managed-fields',
    apply ? /manager: helm\n {4}operation: Apply/ : /manager: helm\n {4}operation: Update/,
  ],
  ['helm list', /^web\s+\S+\s+1\s.*deployed\s+chart-0\.1\.0\s+1/m],
  ['helm get manifest web', /kind: Service[\s\S]*kind: Deployment/],
  ['helm get values web --all', /replicas: 2/],
  [`! helm install web chart ${flag}`, /cannot reuse a name that is still in use/],
  ['kubectl annotate configmap web mine=1', /annotated/],
  [
    `helm upgrade web chart --wait --timeout=60s --set tag=2,replicas=3,more=false,colours={blue} ${flag}`,
    /REVISION: 2[\s\S]*web has 3 replicas/,
  ],
  [data, /^\{"colour-0":"blue"\}$/],
  [images, /^3 x:2$/],
  ["kubectl get configmap web -o jsonpath='{.metadata.annotations.mine}'", /^1$/],
  ['kubectl get deployment web', /web +3\/3 +3 +3/],
  ['helm history web', /^1\s.*superseded[\s\S]*^2\s.*deployed/m],
  [
    `! helm upgrade web chart --set replicas=-1 ${flag}`,
    /Deployment\.apps "web" is invalid|must be greater than or equal to 0/,
  ],
  ['helm history web', /^3\s.*failed/m],
  ['helm rollback web 1 --wait --timeout=60s', /Rollback was a success/],
  [data, /^\{"colour-0":"red","colour-1":"green","more":"yes"\}$/],
  [images, /^2 x:1$/],
  ['helm history web', /^4\s.*deployed.*Rollback to 1/m],
  [
    `helm upgrade --install more chart --set replicas=0 ${flag}`,
    /does not exist. Installing it now/,
  ],
  ['helm status web', /STATUS: deployed/],
  ['helm uninstall web more --wait --timeout=60s', /release "web" uninstalled/],
  ['helm list', /^NAME.*\n$/],
  ['kubectl get deployments,services,configmaps -o name', /^configmap\/kube-root-ca.crt\n$/],
  ['kubectl get secrets -o name', /^$/],
];

const stories: Readonly<Record<string, Story>> = {
  'server-side': { title: 'server-side apply', files, steps: steps('', true) },
  'client-side': {
    title: 'client-side patches',
    files,
    steps: steps('--server-side=false', false),
  },
};

for (const [namespace, story] of Object.entries(stories)) {
  test(`helm installs, upgrades, rolls back and uninstalls by ${story.title}`, async (t) => {
    await cluster.client.create(namespaces, { metadata: { name: namespace } });
    const folder = join(cluster.api.folder, namespace);
    mkdirSync(folder);
    const version = '1.35';
    const { kubeconfig } = cluster;
    await tell(t, story, {
      session: openSession({ folder, kubeconfig, namespace, version }),
      version,
    });
  });
}
