/** Making, changing and deleting objects. */
import { not, type Story, sinceFlag } from '../../helpers/shell-session.ts';

const settings = (data: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', ...more },
  data,
});

/** Two containers: what a strategic patch merges by name. */
const twins = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: twins }
spec:
  replicas: 0
  selector: { matchLabels: { app: twins } }
  template:
    metadata: { labels: { app: twins } }
    spec: { containers: [{ name: one, image: x }, { name: two, image: x }] }
`;

/** Until there is no pod. */
const gone = 'while kubectl get pods -o name | grep -q pod; do sleep 0.2; done';

const images =
  "kubectl get deployment twins -o jsonpath='{.spec.template.spec.containers[*].image}'";

export const objects: readonly Story[] = [
  {
    title: 'apiserver A10, A19, A54: apply makes, changes by three ways, and takes fields away',
    files: {
      'one.json': settings({ colour: 'red', size: 'big' }),
      'two.json': settings({ colour: 'blue' }),
    },
    steps: [
      ['kubectl apply -f one.json', /^configmap\/settings created$/m],
      ['kubectl apply -f one.json', /^configmap\/settings unchanged$/m],
      [`kubectl patch configmap settings -p '{"data":{"mine":"1"}}'`, /patched/],
      ['kubectl apply -f two.json --dry-run=server', /configured \(server dry run\)/],
      ['kubectl apply -f two.json --dry-run=client', /configured \(dry run\)/],
      ["kubectl get configmap settings -o jsonpath='{.data.colour}'", /^red$/],
      ['kubectl apply -f two.json', /^configmap\/settings configured$/m],
      ["kubectl get configmap settings -o jsonpath='{.data}'", /^\{"colour":"blue","mine":"1"\}$/],
      ['kubectl apply view-last-applied configmap settings', /colour: blue/],
      ['kubectl apply set-last-applied -f one.json', /configured/],
      ['! kubectl create -f one.json', /AlreadyExists.*configmaps "settings" already exists/],
      ['kubectl replace -f one.json', /configmap\/settings replaced/],
      ['kubectl replace --force -f two.json', /"settings" deleted.*\nconfigmap\/settings replaced/],
      ["kubectl get configmap settings -o jsonpath='{.data}'", /^\{"colour":"blue"\}$/],
    ],
  },
  {
    title: 'apiserver A56, A57: apply --server-side meets conflicts, and takes by force',
    files: {
      'red.json': settings({ colour: 'red' }),
      'blue.json': settings({ colour: 'blue' }),
    },
    steps: [
      ['kubectl apply --server-side -f red.json', /configmap\/settings serverside-applied/],
      [`kubectl patch configmap settings -p '{"data":{"colour":"green"}}'`, /patched/],
      [
        '! kubectl apply --server-side -f blue.json',
        /Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: \.data\.colour/,
      ],
      ['kubectl apply --server-side --force-conflicts -f blue.json', /serverside-applied/],
      ['kubectl apply --server-side --field-manager=other -f blue.json', /serverside-applied/],
      [
        'kubectl get configmap settings -o yaml --show-managed-fields',
        /manager: kubectl\n {4}operation: Apply[\s\S]*manager: other\n {4}operation: Apply/,
        sinceFlag('1.21', '--show-managed-fields'),
      ],
      ['! kubectl apply --server-side -f red.json', /conflict with "other": \.data\.colour/],
      ["kubectl get configmap settings -o jsonpath='{.data.colour}'", /^blue$/],
    ],
  },
  {
    title: 'apiserver A19: diff shows what an apply would change, and changes nothing',
    files: {
      'red.json': settings({ colour: 'red' }),
      'blue.json': settings({ colour: 'blue' }),
    },
    steps: [
      ['! kubectl diff -f red.json', /^\+ {2}colour: red$/m],
      ['! kubectl get configmap settings', /NotFound/],
      ['kubectl apply -f red.json', /created/],
      ['kubectl diff -f red.json', /^$/],
      ['! kubectl diff -f blue.json', /^- {2}colour: red\n\+ {2}colour: blue$/m],
      ['! kubectl diff --server-side --force-conflicts -f blue.json', /^\+ {2}colour: blue$/m],
      ["kubectl get configmap settings -o jsonpath='{.data.colour}'", /^red$/],
    ],
  },
  {
    title: 'apiserver A51: edit writes what the editor made, and brings back what is refused',
    files: { 'red.json': settings({ colour: 'red' }), 'twins.yaml': twins },
    steps: [
      ['kubectl create -f red.json -f twins.yaml', /created/],
      ["KUBE_EDITOR='sed -i s/red/blue/' kubectl edit configmap settings", /settings edited/],
      ["kubectl get configmap settings -o jsonpath='{.data.colour}'", /^blue$/],
      ["KUBE_EDITOR='sed -i s/x/y/' kubectl edit configmap settings", /no changes made/],
      [
        "! KUBE_EDITOR='sed -i s/name:.settings/name:/' kubectl edit configmap settings",
        /error|must be specified|cancelled/i,
      ],
      [
        "! KUBE_EDITOR='sed -i s/replicas:.0/replicas:.-1/' kubectl edit deployment twins",
        /deployments.apps "twins" is invalid|# \* spec.replicas: Invalid value/,
      ],
      [
        "KUBE_EDITOR='sed -i s/blue/green/' kubectl edit configmap settings -o json",
        /"colour": "green"/,
      ],
      ["kubectl get configmap settings -o jsonpath='{.data.colour}'", /^green$/],
    ],
  },
  {
    title: 'apiserver A53, A54, A55: patch, strategic, merge and JSON',
    files: { 'twins.yaml': twins },
    steps: [
      ['kubectl create -f twins.yaml', /created/],
      [
        `kubectl patch deployment twins -p '{"spec":{"template":{"spec":{"containers":[{"name":"two","image":"y"}]}}}}'`,
        /deployment.apps\/twins patched$/m,
      ],
      [images, /^y x$|^x y$/],
      [
        `kubectl patch deployment twins -p '{"spec":{"template":{"spec":{"containers":[{"name":"two","image":"y"}]}}}}'`,
        /patched/,
      ],
      [
        `kubectl patch deployment twins -p '{"spec":{"template":{"spec":{"containers":[{"name":"one","$patch":"delete"}]}}}}'`,
        /patched/,
      ],
      [images, /^y$/],
      [
        `kubectl patch deployment twins --type=merge -p '{"spec":{"template":{"spec":{"containers":[{"name":"new","image":"z"}]}}}}'`,
        /patched/,
      ],
      [images, /^z$/],
      [
        `kubectl patch deployment twins --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"w"}]'`,
        /patched/,
      ],
      [images, /^w$/],
      [
        `! kubectl patch deployment twins --type=json -p '[{"op":"test","path":"/spec/replicas","value":7}]'`,
        /the server rejected our request|testing.*failed|invalid/i,
      ],
      [
        `! kubectl patch deployment twins -p '{"spec":{"selector":{"matchLabels":{"app":"x"}}}}'`,
        /The Deployment "twins" is invalid:[\s\S]*field is immutable|does not match template/,
      ],
      [
        `kubectl patch deployment twins --subresource=scale --type=merge -p '{"spec":{"replicas":0}}'`,
        /patched/,
        sinceFlag('1.24', '--subresource'),
      ],
    ],
  },
  {
    title: 'apiserver A26: label and annotate, which are refused what is none',
    files: { 'red.json': settings({ colour: 'red' }) },
    steps: [
      ['kubectl create -f red.json', /created/],
      ['kubectl label configmap settings tier=front env=test', /labeled/],
      ['! kubectl label configmap settings tier=back', /already has a value \(front\)/],
      ['kubectl label configmap settings tier=back --overwrite', /labeled/],
      ['kubectl label configmap settings env-', /labeled|unlabeled/],
      ["kubectl get configmap settings -o jsonpath='{.metadata.labels}'", /^\{"tier":"back"\}$/],
      ['! kubectl label configmap settings tier=a_-', /invalid label value: "tier=a_-"/],
      ['! kubectl label configmap settings /x=y', /Invalid value|invalid label/i],
      ['kubectl label configmap --all all=1', /settings labeled/],
      ['kubectl annotate configmap settings why=because', /annotated/],
      ['kubectl annotate configmap settings why-', /annotated/],
      ['kubectl get configmap -l tier=back,all -o name', /^configmap\/settings$/m],
      ["kubectl get configmap -l 'tier in (a,b),!x' -o name", /^$/],
      ['kubectl annotate configmap settings a=b --dry-run=server -o name', /configmap\/settings/],
    ],
  },
  {
    title: 'apiserver A75, A76, A80: delete by name, label, kind, force and with a finalizer',
    files: {
      'held.json': settings({}, { name: 'held', finalizers: ['example.com/hold'] }),
    },
    steps: [
      ['for i in 1 2 3 4; do kubectl create configmap c$i & done; wait', /c1 created/],
      ['kubectl label configmap c1 c2 go=1', /c2 labeled/],
      ['kubectl delete configmap c4', /configmap "c4" deleted/],
      ['kubectl delete configmap -l go=1', /"c1" deleted[\s\S]*"c2" deleted/],
      ['! kubectl delete configmap c1', /NotFound/],
      ['kubectl delete configmap c1 --ignore-not-found', /^$/],
      ['kubectl delete configmap c3 --dry-run=server', /"c3" deleted.*\(server dry run\)/],
      ['kubectl delete configmap c3 --now', /"c3" deleted/],
      ['kubectl create -f held.json', /created/],
      ['kubectl delete configmap held --wait=false', /deleted/],
      ["kubectl get configmap held -o jsonpath='{.metadata.deletionTimestamp}'", /^\d{4}-/],
      ['! kubectl delete configmap held --timeout=1s', /timed out waiting for the condition/],
      [`kubectl patch configmap held -p '{"metadata":{"finalizers":null}}'`, /patched/],
      ['! kubectl get configmap held', /NotFound/],
      ['kubectl run lone --image=x --restart=Never', /pod\/lone created/],
      ['kubectl wait --for=condition=Ready pod/lone --timeout=60s', /condition met/],
      [
        'kubectl delete pod lone --grace-period=0 --force',
        /Immediate deletion does not wait[\s\S]*pod "lone" force deleted/,
      ],
      ['kubectl delete configmap --all', /kube-root-ca.crt" deleted/],
      ['kubectl delete --raw /api/v1/namespaces/$NS/configmaps', /"kind":"/],
    ],
  },
  {
    title: 'apiserver A77, A78: delete cascades: in the background, in the foreground, or not',
    files: { 'twins.yaml': twins.replace('replicas: 0', 'replicas: 1') },
    steps: [
      ['kubectl apply -f twins.yaml', /created/],
      ['kubectl rollout status deployment twins --timeout=60s', /successfully rolled out/],
      ['kubectl delete deployment twins --cascade=orphan', /"twins" deleted/],
      ['kubectl get replicasets,pods -o name', /replicaset.apps\/twins-\w+\npod\/twins-/],
      ['kubectl apply -f twins.yaml', /created/],
      ['kubectl rollout status deployment twins --timeout=60s', /successfully rolled out/],
      ['kubectl get replicasets -o name | wc -l', /^1$/m],
      ['kubectl delete deployment twins --cascade=foreground --timeout=60s', /"twins" deleted/],
      ['kubectl get replicasets,pods -o name', /^$/],
      ['kubectl apply -f twins.yaml', /created/],
      ['kubectl rollout status deployment twins --timeout=60s', /successfully rolled out/],
      ['kubectl delete deployment twins --cascade=background', /"twins" deleted/],
      [gone, /^$/],
      ['kubectl get pods -o name', /^$/],
    ],
  },
  {
    title: 'apply -k, kustomize, apply --prune, and a folder of files',
    files: {
      'k/kustomization.yaml':
        'resources: [all.yaml]\nnamePrefix: my-\nconfigMapGenerator: [{ name: made, literals: [a=b] }]\n',
      'k/all.yaml': JSON.stringify(settings({ a: '1' })),
      'dir/a.json': settings({ a: '1' }, { name: 'a', labels: { set: 'one' } }),
      'dir/b.json': settings({ a: '1' }, { name: 'b', labels: { set: 'one' } }),
    },
    steps: [
      ['kubectl kustomize k', /name: my-made-\w+[\s\S]*name: my-settings/],
      ['kubectl apply -k k', /configmap\/my-settings created/],
      ['kubectl get -k k -o name', /configmap\/my-made-\w+[\s\S]*configmap\/my-settings/],
      ['kubectl diff -k k', /^$/],
      ['kubectl delete -k k', /"my-settings" deleted/],
      ['kubectl apply -f dir', /configmap\/a created\nconfigmap\/b created/],
      ['rm dir/b.json', /^$/],
      [
        'kubectl apply -f dir --prune -l set=one --prune-allowlist=core/v1/ConfigMap',
        /configmap\/a unchanged\nconfigmap\/b pruned/,
        not('the flag was --prune-whitelist', /unknown flag: --prune-allowlist/),
      ],
      [
        'kubectl apply -f dir --prune -l set=one',
        /configmap\/a unchanged/,
        not('it prunes beta kinds that are gone by default', /no matches for kind/),
      ],
      ['kubectl get configmap -l set=one -o name', /^configmap\/a$/m],
      ['kubectl apply -f dir -R', /configmap\/a unchanged/],
    ],
  },
  {
    title: 'apiserver A12, A18, A21: what cannot be, is refused in words',
    files: {
      'typo.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndatta: { a: b }\n',
      'type.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\ndata: { a: 1 }\n',
      'kind.yaml': 'apiVersion: v1\nkind: ConfigMapp\nmetadata: { name: x }\n',
      'name.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: X_x }\n',
    },
    steps: [
      ['! kubectl apply -f typo.yaml', /unknown field "datta"/],
      ['kubectl create -f typo.yaml --validate=false', /created/],
      [
        '! kubectl apply -f type.yaml --dry-run=server',
        /ConfigMap in version "v1" cannot be handled|invalid type|got "integer", expected "string"/,
      ],
      ['! kubectl apply -f kind.yaml', /no matches for kind "ConfigMapp" in version "v1"/],
      [
        '! kubectl apply -f name.yaml',
        /The ConfigMap "X_x" is invalid: metadata.name: Invalid value: "X_x": a lowercase RFC 1123 subdomain/,
      ],
      ['! kubectl get nothings', /the server doesn't have a resource type "nothings"/],
      ['! kubectl get pod nobody', /Error from server \(NotFound\): pods "nobody" not found/],
      ['! kubectl -n nowhere create configmap x', /namespaces "nowhere" not found/],
      ['! kubectl convert -f typo.yaml', /unknown command "convert" for "kubectl"/],
      [
        '! kubectl get pods --field-selector spec.nothing=x',
        /field label not supported: spec.nothing/,
      ],
      ["! kubectl get pods -l 'a in b'", /unable to parse requirement|found 'b'/],
      [
        'head -c 1100000 /dev/zero | tr "\\0" x > big; ! kubectl create configmap big --from-file=big',
        /Too long: (?:must have at most|may not be more than) 1048576/,
      ],
    ],
  },
];
