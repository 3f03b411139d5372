/** Workloads and nodes: rollouts, scale, waits, drains; with our controllers and hollow nodes. */
import { not, type Story } from '../../helpers/shell-session.ts';

const guarded = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: guarded }
spec:
  replicas: 2
  selector: { matchLabels: { app: guarded } }
  template:
    metadata: { labels: { app: guarded } }
    spec:
      nodeSelector: { kubernetes.io/hostname: NODE }
      containers: [{ name: main, image: x }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: guard }
spec: { minAvailable: 2, selector: { matchLabels: { app: guarded } } }
`;

const image = "kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].image}'";

export const workloads: readonly Story[] = [
  {
    title: 'rollout: status, history, undo, pause, resume, restart; set image, env, resources',
    steps: [
      ['kubectl create deployment web --image=x:1 --replicas=3', /created/],
      ['kubectl rollout status deployment/web --timeout=60s', /"web" successfully rolled out/],
      ['kubectl set image deployment/web x=x:2', /image updated/],
      ['kubectl annotate deployment web kubernetes.io/change-cause=second', /annotated/],
      ['kubectl rollout status deployment/web --timeout=60s', /successfully rolled out/],
      ['kubectl rollout history deployment/web', /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +second/],
      ['kubectl rollout history deployment/web --revision=2', /Image:\s+x:2/],
      ['kubectl rollout undo deployment/web', /rolled back/],
      [image, /^x:1$/],
      ['kubectl rollout status deployment/web --timeout=60s', /successfully rolled out/],
      ['kubectl rollout undo deployment/web --to-revision=2', /rolled back/],
      [image, /^x:2$/],
      [
        '! kubectl rollout undo deployment/web --to-revision=99',
        /unable to find specified revision 99/,
      ],
      ['kubectl rollout pause deployment/web', /paused/],
      ['kubectl set env deployment/web A=b', /env updated/],
      ['kubectl set env deployment/web --list', /^A=b$/m],
      ['kubectl set resources deployment/web --limits=cpu=100m', /resource requirements updated/],
      ['! kubectl rollout undo deployment/web', /cannot rollback a paused deployment/],
      ['kubectl rollout resume deployment/web', /resumed/],
      ['kubectl rollout status deployment/web --timeout=60s', /successfully rolled out/],
      ['kubectl rollout restart deployment/web', /restarted/],
      ['kubectl rollout status deployment/web --timeout=60s', /successfully rolled out/],
      ["kubectl get pods -o jsonpath='{.items[0].metadata.annotations}'", /restartedAt/],
      [
        'kubectl get deployment,rs',
        /deployment.apps\/web +3\/3 +3 +3[\s\S]*replicaset.apps\/web-\w+ +3 +3 +3/,
      ],
    ],
  },
  {
    title: 'apiserver A63, A74: scale, with a condition, and autoscale',
    steps: [
      ['kubectl create deployment web --image=x', /created/],
      ['kubectl scale deployment web --replicas=2', /scaled/],
      [
        '! kubectl scale deployment web --current-replicas=9 --replicas=1',
        /Expected replicas to be 9, was 2/,
      ],
      ['kubectl scale deployment web --current-replicas=2 --replicas=3', /scaled/],
      ['kubectl rollout status deployment web --timeout=60s', /rolled out/],
      [
        'kubectl get --raw /apis/apps/v1/namespaces/$NS/deployments/web/scale',
        /"replicas":3.*"selector":"app=web"/,
      ],
      ['kubectl scale rs --all --replicas=3', /scaled/],
      ['kubectl scale --replicas=1 deployment/web', /scaled/],
      [
        'kubectl autoscale deployment web --min=2 --max=5',
        /horizontalpodautoscaler.autoscaling\/web autoscaled/,
      ],
      [
        'kubectl get hpa',
        /^NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE\nweb +Deployment\/web .* 2 +5 /,
      ],
      // Today's kubectl then tries autoscaling/v1, and tells of that.
      ['! kubectl autoscale deployment web --max=5', /already exists|failed to create/],
      ['! kubectl scale deployment nobody --replicas=1', /not found/],
    ],
  },
  {
    title: 'wait: for a condition, for a field, for a new object, for an end',
    steps: [
      ['kubectl create deployment web --image=x', /created/],
      ['kubectl wait --for=condition=Available deployment/web --timeout=60s', /condition met/],
      ['kubectl wait --for=condition=Ready pod -l app=web --timeout=60s', /condition met/],
      ['! kubectl wait --for=condition=Nope pod -l app=web --timeout=1s', /timed out waiting/],
      [
        "kubectl wait --for=jsonpath='{.status.phase}'=Running pod -l app=web --timeout=60s",
        /condition met/,
        not('jsonpath came with 1.23', /unrecognized condition/),
      ],
      [
        '{ sleep 1; kubectl create configmap late; } & kubectl wait --for=create configmap/late --timeout=60s',
        /configmap\/late condition met/,
        not('create came with 1.31', /unrecognized condition/),
      ],
      [
        `kubectl patch deployment web -p '{"metadata":{"finalizers":["example.com/hold"]}}'`,
        /patched/,
      ],
      ['kubectl delete deployment web --wait=false', /deleted/],
      [
        `{ sleep 1; kubectl patch deployment web -p '{"metadata":{"finalizers":null}}'; } &
         kubectl wait --for=delete deployment/web --timeout=60s`,
        /condition met/,
      ],
      ['while kubectl get pods -o name | grep -q pod; do sleep 0.2; done', /^$/],
      ['kubectl run done --image=x --restart=Never --command -- true', /created/],
      ['kubectl run failed --image=x --restart=Never --command -- false', /created/],
      [
        'sleep 1; kubectl get pods',
        /done +0\/1 +Completed[\s\S]*failed +0\/1 +(?:Error|Completed)/,
      ],
    ],
  },
  {
    title: 'run and expose',
    steps: [
      ['kubectl run web --image=x --port=80 --labels=app=web --env=A=b', /pod\/web created/],
      ['kubectl run dry --image=x --dry-run=client -o yaml', /kind: Pod[\s\S]*name: dry/],
      ['kubectl run dry --image=x --dry-run=server', /dry created \(server dry run\)/],
      ['kubectl wait --for=condition=Ready pod/web --timeout=60s', /met/],
      ['kubectl expose pod web', /service\/web exposed/],
      ['kubectl create deployment many --image=x --replicas=2', /created/],
      ['kubectl expose deployment many --port=80 --target-port=8080 --type=NodePort', /exposed/],
      ['kubectl rollout status deployment many --timeout=60s', /rolled out/],
      [
        'kubectl get endpointslices -l kubernetes.io/service-name=many',
        /IPv4 +8080 +10\.42\.\d+\.\d+,10\.42/,
      ],
      [
        'kubectl get service many -o wide',
        /NodePort +10\.43\S+ +<none> +80:3\d+\/TCP +\d+s +app=many/,
      ],
      [
        'kubectl run more --image=x --restart=OnFailure --expose --port=1',
        /service\/more created\npod\/more created|pod\/more created\nservice\/more created/,
      ],
      ['kubectl attach nobody 2>&1 || true', /not found/],
      ['! kubectl expose pod nobody --port=1', /not found/],
    ],
  },
  {
    title: 'apiserver A65: cordon, taint, and a drain that a disruption budget holds up',
    files: { 'guarded.yaml': guarded },
    steps: [
      ['sed -i s/NODE/$NODE/ guarded.yaml; kubectl create -f guarded.yaml', /created/],
      ['kubectl rollout status deployment guarded --timeout=60s', /rolled out/],
      ['kubectl taint node $NODE a=b:NoSchedule', /tainted/],
      ['! kubectl taint node $NODE a=c:NoSchedule', /already has a taint|overwrite/],
      ['kubectl taint node $NODE a=c:NoSchedule --overwrite', /modified|tainted/],
      ["kubectl get node $NODE -o jsonpath='{.spec.taints}'", /"value":"c"/],
      ['kubectl taint node $NODE a-', /untainted/],
      ['kubectl label node $NODE disk=fast && kubectl label node $NODE disk-', /labeled/],
      ['kubectl cordon $NODE', /cordoned/],
      ['kubectl get node $NODE', /Ready,SchedulingDisabled/],
      [
        '! kubectl drain $NODE --pod-selector=app=guarded --timeout=2s',
        /Cannot evict pod as it would violate the pod's disruption budget/,
      ],
      ['kubectl delete pdb guard', /deleted/],
      [
        'kubectl drain $NODE --pod-selector=app=guarded --timeout=60s --ignore-daemonsets',
        /evicting pod[\s\S]*(?:drained|node\/\S+ evicted)/,
      ],
      ['kubectl get pods', /guarded-\S+ +0\/1 +Pending/],
      ['kubectl uncordon $NODE', /uncordoned/],
      ['kubectl rollout status deployment guarded --timeout=60s', /rolled out/],
      ['! kubectl drain nowhere', /not found/],
    ],
  },
];
