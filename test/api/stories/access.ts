/** Who one is, who one could be, and what that allows. */
import { type Story, sinceFlag, sinceVersion } from '../../helpers/shell-session.ts';

const rbac = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: NS }
rules: [{ apiGroups: [''], resources: [pods, pods/log], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers, namespace: NS }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects:
  - { kind: User, name: ann, apiGroup: rbac.authorization.k8s.io }
  - { kind: Group, name: readers, apiGroup: rbac.authorization.k8s.io }
`;

export const access: readonly Story[] = [
  {
    title: 'apiserver A101, A102, A105, A106: --as, --as-group, auth can-i, reconcile, whoami',
    files: { 'rbac.yaml': rbac },
    steps: [
      ['sed -i s/NS/$NS/ rbac.yaml', /^$/],
      [
        '! kubectl get pods --as=ann',
        /pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace/,
      ],
      [
        'kubectl auth reconcile -f rbac.yaml',
        /role.rbac.authorization.k8s.io\/reader reconciled\n[\s\S]*rolebinding.rbac.authorization.k8s.io\/readers reconciled/,
      ],
      ['kubectl get pods --as=ann', /No resources found/],
      ['kubectl get pods --as=bob --as-group=readers --as-group=x', /No resources found/],
      ['! kubectl get pods --as=bob --as-group=x', /User "bob" cannot list/],
      ['kubectl auth can-i list pods --as=ann', /^yes/],
      ['! kubectl auth can-i delete pods --as=ann', /^no/],
      ['! kubectl auth can-i get secrets --as=ann', /^no/],
      ['kubectl auth can-i get pods --subresource=log --as=ann', /^yes/],
      ['kubectl auth can-i get /version --as=ann', /^yes/],
      ['! kubectl auth can-i list pods --as=ann -n default', /^no/],
      ['kubectl auth can-i --list --as=ann', /^pods +\[\] +\[\] +\[get list\]$/m],
      ["kubectl auth can-i '*' '*'", /^yes/],
      ["sed -i 's/get, list/watch/' rbac.yaml; kubectl auth reconcile -f rbac.yaml", /reconciled/],
      ["kubectl get role reader -o jsonpath='{.rules}'", /"get"[\s\S]*"watch"/],
      ['kubectl auth reconcile -f rbac.yaml --remove-extra-permissions', /reconciled/],
      ['! kubectl get pods --as=ann', /cannot list/],
      ['! kubectl create role x --verb=* --resource=* --as=ann', /cannot create resource "roles"/],
      ['! kubectl get pods --as=ann --as-uid=7', /uid|cannot list/, sinceFlag('1.22', '--as-uid')],
      ['kubectl auth whoami', /Username +kubernetes-admin/, sinceVersion('1.27', /auth/)],
      [
        'kubectl auth whoami --as=ann --as-group=x -o yaml',
        /- x\n[\s\S]*username: ann/,
        sinceVersion('1.27', /auth/),
      ],
      ['kubectl get pods -v=6', /GET.* .*https:\/\/.*200 OK/],
    ],
  },
  {
    title: 'apiserver A73: certificate approve and deny',
    files: {
      'ask.sh': `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -subj /CN=$1 -out $1.csr 2>/dev/null
cat <<END | kubectl create -f -
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: $1 }
spec:
  request: $(base64 -w0 $1.csr)
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
END
`,
    },
    steps: [
      ['sh ask.sh yes-$NS; sh ask.sh no-$NS', /created\n[\s\S]*created/],
      [
        'kubectl get csr yes-$NS',
        /kubernetes.io\/kube-apiserver-client +kubernetes-admin .*Pending/,
      ],
      ['kubectl certificate approve yes-$NS', /approved/],
      ['kubectl certificate deny no-$NS', /denied/],
      ['kubectl get csr yes-$NS no-$NS', /Approved[\s\S]*Denied/],
      ['! kubectl certificate approve no-$NS', /already Denied|cannot|both/],
      ['kubectl describe csr yes-$NS', /Common Name: +yes-/],
      ['kubectl delete csr yes-$NS no-$NS', /deleted/],
    ],
  },
];
