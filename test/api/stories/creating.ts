/** Commands that make objects of one kind, from words alone. */
import { not, type Story, sinceVersion } from '../../helpers/shell-session.ts';

export const creating: readonly Story[] = [
  {
    title:
      'apiserver A72, A81, A108: a namespace, what it is born with, and its end with all in it',
    steps: [
      ['kubectl create namespace $NS-two', /namespace\/\S+-two created/],
      [
        'until kubectl -n $NS-two get configmap kube-root-ca.crt; do sleep 0.2; done',
        /kube-root-ca.crt +1 /,
      ],
      ['until kubectl -n $NS-two get sa default; do sleep 0.2; done', /default/],
      [
        "kubectl -n $NS-two get configmap kube-root-ca.crt -o jsonpath='{.data.ca\\.crt}'",
        /^-----BEGIN CERTIFICATE-----/,
      ],
      ['kubectl -n $NS-two create deployment web --image=x', /created/],
      ['kubectl -n $NS-two rollout status deployment web --timeout=60s', /rolled out/],
      ['kubectl -n $NS-two create configmap held', /created/],
      [
        `kubectl -n $NS-two patch configmap held -p '{"metadata":{"finalizers":["example.com/hold"]}}'`,
        /patched/,
      ],
      ['kubectl delete namespace $NS-two --wait=false', /deleted/],
      [
        'until kubectl get namespace $NS-two -o yaml | grep -A9 NamespaceFinalizersRemaining; do sleep 0.2; done',
        /NamespaceFinalizersRemaining/,
      ],
      ['kubectl get namespace $NS-two', /Terminating/],
      [
        '! kubectl -n $NS-two create configmap late',
        /unable to create new content in namespace \S+-two because it is being terminated/,
      ],
      [`kubectl -n $NS-two patch configmap held -p '{"metadata":{"finalizers":null}}'`, /patched/],
      ['while kubectl get namespace $NS-two; do sleep 0.2; done', /NotFound/],
      ['kubectl -n $NS-two get all,configmaps,secrets -o name', /^$/],
    ],
  },
  {
    title: 'create: each kind that has a command of its own',
    steps: [
      ['kubectl create configmap c --from-literal=a=1', /configmap\/c created/],
      ['kubectl create secret generic s --from-literal=a=1', /secret\/s created/],
      ["kubectl get secret s -o jsonpath='{.data.a}' | base64 -d", /^1$/],
      [
        'kubectl create secret docker-registry d --docker-username=u --docker-password=p',
        /secret\/d created/,
      ],
      [
        'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout k.pem -out c.pem 2>&-; kubectl create secret tls t --cert=c.pem --key=k.pem',
        /secret\/t created/,
      ],
      ['kubectl create serviceaccount robot', /serviceaccount\/robot created/],
      [
        'kubectl create deployment d --image=x --replicas=0 --port=80',
        /deployment.apps\/d created/,
      ],
      ['kubectl create service clusterip s1 --tcp=80:8080', /service\/s1 created/],
      ['kubectl create service nodeport s2 --tcp=80', /service\/s2 created/],
      ['kubectl create service loadbalancer s3 --tcp=80', /service\/s3 created/],
      ['kubectl create service externalname s4 --external-name=a.b', /service\/s4 created/],
      [
        "kubectl create ingress i --rule='a.b/x*=s1:80,tls=t' --class=c",
        /ingress.networking.k8s.io\/i created/,
      ],
      [
        'kubectl create role r --verb=get --resource=pods',
        /role.rbac.authorization.k8s.io\/r created/,
      ],
      [
        'kubectl create rolebinding r --role=r --serviceaccount=$NS:robot',
        /rolebinding.rbac.authorization.k8s.io\/r created/,
      ],
      [
        'kubectl create clusterrole $NS --verb=get --non-resource-url=/x',
        /clusterrole.rbac.authorization.k8s.io\/\S+ created/,
      ],
      [
        'kubectl create clusterrolebinding $NS --clusterrole=$NS --group=g',
        /clusterrolebinding.rbac.authorization.k8s.io\/\S+ created/,
      ],
      ['kubectl set serviceaccount deployment d robot', /serviceaccount updated/],
      ['kubectl set subject rolebinding r --user=ann', /subjects updated/],
      ['kubectl set selector service s1 a=b', /selector updated/],
      ['kubectl create quota q --hard=configmaps=20', /resourcequota\/q created/],
      ['kubectl create job j --image=x', /job.batch\/j created/],
      [
        "kubectl create cronjob cj --image=x --schedule='*/5 * * * *'",
        /cronjob.batch\/cj created/,
        not('it writes batch/v1beta1', /the server could not find the requested resource/),
      ],
      [
        'kubectl create job now --from=cronjob/cj',
        /job.batch\/now created/,
        not('it reads batch/v1beta1', /not found|unknown object type/),
      ],
      [
        'kubectl create pdb p --selector=a=b --min-available=1',
        /poddisruptionbudget.policy\/p created/,
        not(
          'it writes policy/v1beta1',
          /no matches for kind "PodDisruptionBudget" in version "policy\/v1beta1"/,
        ),
      ],
      [
        'kubectl create priorityclass $NS --value=5',
        /priorityclass.scheduling.k8s.io\/\S+ created/,
      ],
      ['kubectl create namespace $NS-more', /namespace\/\S+ created/],
      [
        'kubectl create token robot --duration=20m',
        /^[\w-]+\.[\w-]+\.[\w-]+$/m,
        sinceVersion('1.24', /unknown flag: --duration/),
      ],
      ['kubectl delete clusterrole,clusterrolebinding,priorityclass $NS', /deleted/],
      ['kubectl delete namespace $NS-more --timeout=60s', /deleted/],
    ],
  },
];
