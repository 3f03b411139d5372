/** How objects are shown: columns, formats, descriptions, documents. */
import { not, type Story, sinceFlag, sinceVersion } from '../../helpers/shell-session.ts';

const pod = (name: string, image: string, labels: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: { containers: [{ name: 'main', image }] },
});

const list = {
  apiVersion: 'v1',
  kind: 'List',
  items: [pod('b', 'x:2', { tier: 'back' }), pod('a', 'x:1', { tier: 'front' })],
};

export const reading: readonly Story[] = [
  {
    title: 'apiserver A17: get in each format',
    files: {
      'pods.json': list,
      'columns.txt': 'NAME IMAGE\n.metadata.name .spec.containers[0].image\n',
    },
    steps: [
      ['kubectl create -f pods.json', /pod\/b created\npod\/a created/],
      ['kubectl wait --for=condition=Ready pod --all --timeout=60s', /pod\/a condition met/],
      ['kubectl get pods', /^NAME +READY +STATUS +RESTARTS +AGE\na +1\/1 +Running +0 +\d+s\nb /],
      [
        'kubectl get pods -o wide',
        /AGE +IP +NODE +NOMINATED NODE +READINESS GATES\na .* 10\.42\.\d\.\d+ +node-\d +<none> +<none>/,
      ],
      ['kubectl get pods --show-labels', /AGE +LABELS\na .*tier=front\n/],
      ['kubectl get pods -L tier', /AGE +TIER\na .* front\n/],
      ['kubectl get pods --no-headers', /^a +1\/1/],
      ['kubectl get pods --sort-by=.spec.containers[0].image', /\na .*\nb /],
      ["kubectl get pods --sort-by='{.metadata.labels.tier}'", /\nb .*\na /],
      ['kubectl get pods -o name', /^pod\/a\npod\/b\n$/],
      ['kubectl get pod a -o json', /^\{\n {4}"apiVersion": "v1",\n {4}"kind": "Pod",/],
      ['kubectl get pod a -o yaml', /^apiVersion: v1\nkind: Pod\nmetadata:\n/],
      [
        'kubectl get pods -o yaml',
        /^apiVersion: v1\nitems:\n- apiVersion: v1\n {2}kind: Pod[\s\S]*kind: List/,
      ],
      ["kubectl get pods -o jsonpath='{.items[*].metadata.name}'", /^a b$/],
      [
        'kubectl get pods -o jsonpath=\'{range .items[?(@.metadata.name=="b")]}{.spec.containers[0].image}{end}\'',
        /^x:2$/,
      ],
      ["kubectl get pods -o go-template='{{range .items}}{{.metadata.name}} {{end}}'", /^a b $/],
      [
        'kubectl get pods -o custom-columns=N:.metadata.name,I:.spec.containers[0].image',
        /^N +I\na +x:1\nb +x:2\n$/,
      ],
      ['kubectl get pods -o custom-columns-file=columns.txt', /^NAME +IMAGE\na +x:1/],
      ['kubectl get pods --server-print=false', /^NAME +AGE\na +\d+s/],
      ['kubectl get pods --chunk-size=1', /\na .*\nb /],
      [
        'kubectl get pod/a configmap/kube-root-ca.crt',
        /pod\/a +1\/1[\s\S]*configmap\/kube-root-ca.crt +1 /,
      ],
      [
        'kubectl get pods --field-selector=metadata.name!=a,status.phase=Running -o name',
        /^pod\/b\n$/,
      ],
      [
        'kubectl get pods --all-namespaces --field-selector=metadata.namespace=$NS -o name',
        /^pod\/a\npod\/b\n$/,
      ],
      ['kubectl get all', /pod\/a +1\/1 +Running/],
      ['kubectl get -f pods.json', /b +1\/1[\s\S]*a +1\/1/],
      ['kubectl get pod a --subresource=status', /^a|^NAME/, sinceFlag('1.24', '--subresource')],
      ['kubectl get po,svc,cm,ns', /kube-root-ca.crt/],
      ['kubectl get nodes', /^NAME +STATUS +ROLES +AGE +VERSION\nnode-1 +Ready/],
      [
        'kubectl get services -A',
        /^NAMESPACE +NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\ndefault +kubernetes +ClusterIP +10\.43\.0\.1 +<none> +443\/TCP/,
      ],
    ],
  },
  {
    title: 'describe: each kind that users look at',
    files: { 'pods.json': list },
    steps: [
      ['kubectl create -f pods.json', /created/],
      ['kubectl wait --for=condition=Ready pod --all --timeout=60s', /met/],
      ['until kubectl get events 2>&1 | grep pod/a; do sleep 0.2; done', /Scheduled/],
      [
        'kubectl describe pod a',
        /^Name: +a\nNamespace: [\s\S]*Node: +node-\d\/[\s\S]*Labels: +tier=front[\s\S]*Containers:\n {2}main:[\s\S]*Image: +x:1[\s\S]*kube-api-access-\w+ \(ro\)[\s\S]*QoS Class: +BestEffort[\s\S]*Scheduled .* Successfully assigned/,
      ],
      ['kubectl describe pods -l tier', /Name: +a\n[\s\S]*\n\n\nName: +b\n/],
      [
        'kubectl describe node node-1',
        /Name: +node-1[\s\S]*Conditions:[\s\S]*Ready +True[\s\S]*Capacity:\n +cpu: +8[\s\S]*Allocated resources:/,
      ],
      [
        'kubectl describe namespace $NS',
        /Status: +Active\n\nNo resource quota.\n\nNo LimitRange resource./,
      ],
      ['kubectl create service nodeport s --tcp=80:8080', /created/],
      [
        'kubectl describe service s',
        /Type: +NodePort[\s\S]*Port: +80-8080 +80\/TCP\n[\s\S]*NodePort: +80-8080 +3\d+\/TCP/,
      ],
      ['kubectl create secret generic s --from-literal=word=sesame', /created/],
      ['kubectl describe secret s', /Type: +Opaque\n\nData\n====\nword: +6 bytes/],
      ['kubectl describe configmap kube-root-ca.crt', /Data\n====\nca.crt:\n----\n-----BEGIN/],
      ['kubectl describe serviceaccount default', /Name: +default/],
      ['kubectl create deployment d --image=x', /created/],
      ['kubectl rollout status deployment d --timeout=60s', /rolled out/],
      [
        'kubectl describe deployment d',
        /Selector: +app=d\nReplicas: +1 desired \| 1 updated \| 1 total \| 1 available[\s\S]*NewReplicaSet: +d-\w+ \(1\/1 replicas created\)[\s\S]*Scaled up replica set/,
      ],
      [
        'kubectl describe replicaset',
        /Controlled By: +Deployment\/d\nReplicas: +1 current \/ 1 desired/,
      ],
      ['kubectl create job j --image=x', /created/],
      ['kubectl describe job j', /Parallelism: +1\nCompletions: +1/],
      ["kubectl create ingress i --rule='a.b/*=s:80'", /created/],
      ['kubectl describe ingress i', /Host +Path +Backends[\s\S]*a\.b +\n +\/ +s:80/],
      ['kubectl create quota q --hard=pods=9', /created/],
      ['kubectl describe quota q', /Resource +Used +Hard\n-+ +-+ +-+\n/],
      ['kubectl create role r --verb=get --resource=pods', /created/],
      ['kubectl describe role r', /PolicyRule:\n[\s\S]*pods +\[\] +\[\] +\[get\]/],
      ['kubectl create rolebinding r --role=r --user=u', /created/],
      [
        'kubectl describe rolebinding r',
        /Role:\n +Kind: +Role\n +Name: +r\nSubjects:[\s\S]*User +u/,
      ],
      ['kubectl describe clusterrole view', /PolicyRule:[\s\S]*pods\/log/],
      ['kubectl describe clusterrolebinding cluster-admin', /Group +system:masters/],
      ['kubectl autoscale deployment d --max=3', /autoscaled/],
      ['kubectl describe hpa d', /Reference: +Deployment\/d\n[\s\S]*Max replicas: +3/],
      ['kubectl describe priorityclass system-node-critical', /Value: +2000001000/],
      ['kubectl describe lease -n kube-node-lease node-1', /Holder Identity: +node-1/],
      ['kubectl describe endpoints kubernetes -n default', /Addresses: +192\.0\.2\.1/],
      [
        'kubectl describe endpointslice kubernetes -n default',
        /AddressType: +IPv4\nPorts:\n[\s\S]*Addresses: +192\.0\.2\.1/,
        not(
          'it reads discovery.k8s.io/v1beta1',
          /the server could not find the requested resource/,
        ),
      ],
      [
        "kubectl create cronjob c --image=x --schedule='0 0 * * *' && kubectl describe cronjob c",
        /Schedule: +0 0 \* \* \*\nConcurrency Policy: +Allow/,
        not('it writes batch/v1beta1', /could not find the requested resource/),
      ],
      [
        'kubectl create pdb p --selector=a=b --max-unavailable=1 && kubectl describe pdb p',
        /Max unavailable: +1\nSelector: +a=b/,
        not('it writes policy/v1beta1', /no matches for kind/),
      ],
      ['! kubectl describe pod nobody', /pods "nobody" not found/],
    ],
  },
  {
    title: 'describe: volumes, classes and policies',
    files: {
      'all.yaml': `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: claim }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: {}, policyTypes: [Ingress] }
---
apiVersion: v1
kind: LimitRange
metadata: { name: limits }
spec: { limits: [{ type: Container, default: { cpu: 100m } }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 0
  selector: { matchLabels: { app: db } }
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: a, image: x }] } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: each }
spec:
  selector: { matchLabels: { app: each } }
  template:
    metadata: { labels: { app: each } }
    spec: { nodeSelector: { no: such }, containers: [{ name: a, image: x }] }
---
apiVersion: v1
kind: ReplicationController
metadata: { name: old }
spec:
  replicas: 0
  selector: { app: old }
  template: { metadata: { labels: { app: old } }, spec: { containers: [{ name: a, image: x }] } }
`,
      'wide.yaml': `
apiVersion: v1
kind: PersistentVolume
metadata: { name: NS }
spec:
  capacity: { storage: 1Gi }
  accessModes: [ReadWriteOnce]
  storageClassName: NS
  hostPath: { path: /x }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: NS }
provisioner: example.com/none
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: { name: NS }
spec: {}
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: { name: NS }
handler: x
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: NS }
spec: { controller: example.com/none }
`,
    },
    steps: [
      ['kubectl create -f all.yaml', /created/],
      ['sed -i s/NS/$NS/ wide.yaml; kubectl create -f wide.yaml', /created/],
      ['kubectl describe pvc claim', /Status: +Pending[\s\S]*Used By: +<none>/],
      ['kubectl describe networkpolicy deny', /Allowing ingress traffic:\n +<none>/],
      ['kubectl describe limits limits', /Container +cpu +- +- +100m +100m/],
      ['kubectl describe statefulset db', /Replicas: +0 desired \| 0 total/],
      ['kubectl describe daemonset each', /Desired Number of Nodes Scheduled: 0/],
      ['kubectl describe rc old', /Replicas: +0 current \/ 0 desired/],
      ['kubectl describe pv $NS', /StorageClass: +\S+[\s\S]*Type: +HostPath/],
      ['kubectl describe storageclass $NS', /Provisioner: +example.com\/none/],
      ['kubectl describe csidriver $NS', /API Version: +storage.k8s.io\/v1/],
      ['kubectl describe runtimeclass $NS', /Handler: +x/],
      ['kubectl describe ingressclass $NS', /Controller: +example.com\/none/],
      ['kubectl get pvc,netpol,limits,sts,ds,rc', /persistentvolumeclaim\/claim +Pending/],
      ['kubectl get pv,sc,csidrivers,runtimeclass,ingressclass $NS', /runtimeclass\S+ +x /],
      ['kubectl delete -f wide.yaml', /deleted/],
    ],
  },
  {
    title: 'apiserver A1, A5, A6, A9: what is there: resources, versions, health, cluster-info',
    steps: [
      ['kubectl api-resources', /^pods +po +v1 +true +Pod$/m],
      [
        'kubectl api-resources -o wide',
        /deployments +deploy +apps\/v1 +true +Deployment .*\bcreate\b.*\bwatch\b/,
      ],
      ['kubectl api-resources --namespaced=false --verbs=list -o name', /^nodes\n/m],
      ['kubectl api-resources --api-group=batch', /cronjobs +cj +batch\/v1[\s\S]*jobs +batch\/v1/],
      ['kubectl api-versions', /^apps\/v1\n[\s\S]*\nv1$/m],
      ['kubectl version -o json', /"gitVersion": "v1\.36\.\d+\+wherry/],
      ['kubectl cluster-info', /Kubernetes control plane.* is running at .*https:\/\/127/],
      [
        'kubectl cluster-info dump --namespaces=$NS --output-directory=dump && ls dump',
        /nodes.json/,
      ],
      ['kubectl get --raw /', /"\/api\/v1"[\s\S]*"\/healthz"[\s\S]*"\/openapi\/v3"/],
      ["kubectl get --raw '/readyz?verbose'", /\[\+\]etcd ok[\s\S]*readyz check passed/],
      ["kubectl get --raw '/livez?verbose&exclude=etcd'", /livez check passed/],
      ['kubectl get --raw /healthz', /^ok$/],
      ['kubectl get --raw /livez/ping', /^ok$/],
      ['kubectl get --raw /version', /"major": ?"1",\s*"minor": ?"36"/],
      ['kubectl get --raw /metrics', /^apiserver_request_total\{/m],
      ['kubectl get componentstatuses', /Warning: v1 ComponentStatus is deprecated in v1.19\+/],
      ['! kubectl top pods', /Metrics API not available/],
      ['! kubectl top nodes', /Metrics API not available/],
      ['! kubectl get --raw /nothing', /could not find the requested resource/],
      ['kubectl options; kubectl config view --minify', /certificate-authority/],
    ],
  },
  {
    title: 'apiserver A114: events, by kind, time and what they are about',
    steps: [
      ['kubectl create deployment d --image=x --replicas=2', /created/],
      ['kubectl rollout status deployment d --timeout=60s', /rolled out/],
      ['until kubectl get events 2>&1 | grep Scaling; do sleep 0.2; done', /deployment\/d/],
      ['kubectl get events', /Normal +ScalingReplicaSet +deployment\/d +Scaled up/],
      [
        'kubectl get events --field-selector=involvedObject.kind=Pod,reason=Scheduled',
        /Successfully assigned/,
      ],
      ['kubectl get events --sort-by=.metadata.creationTimestamp -o name', /^event\/d\./m],
      ['kubectl get events.events.k8s.io', /ScalingReplicaSet/],
      ['kubectl events', /ScalingReplicaSet/, sinceVersion('1.23', /unknown command|must specify/)],
      [
        'kubectl events --for deployment/d --types=Normal',
        /Deployment\/d +Scaled up/,
        sinceVersion('1.23', /unknown command|unknown flag|must specify/),
      ],
    ],
  },
];
