/** Kinds over HTTP: what the declarations say is what a client sees. */
import test from 'ava';
import { hasGeneration, type Resource } from '../api/resource.ts';
import { allResources, customResourceDefinitions, serviceCidrs } from '../api/resources.ts';
import { config, configs, startServer } from './testing.ts';

type Loose = Record<string, unknown>;
type Server = Awaited<ReturnType<typeof startServer>>;

const roleRef = { kind: 'ClusterRole', name: 'a', apiGroup: 'rbac.authorization.k8s.io' };
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const match = { resourceRules: [rule] };
const hook = {
  name: 'a.example.com',
  clientConfig: { url: 'https://example.com' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};
const backend = { service: { name: 'a', port: { number: 80 } } };
const device = { requests: [{ name: 'a', exactly: { deviceClassName: 'b' } }] };

/** A valid object of each kind without pods, and a change of it that counts. */
const examples: Record<string, readonly [object: Loose, change?: Loose]> = {
  configmaps: [{ data: { a: 'b' } }, { data: { a: 'c' } }],
  endpoints: [{ subsets: [] }],
  namespaces: [{}],
  nodes: [{ spec: {} }, { spec: { unschedulable: true } }],
  secrets: [{ data: { a: 'YQ==' } }],
  serviceaccounts: [{}, { automountServiceAccountToken: false }],
  services: [
    { spec: { clusterIP: 'None' } },
    { spec: { clusterIP: 'None', selector: { a: 'b' } } },
  ],
  leases: [{ spec: {} }, { spec: { holderIdentity: 'a' } }],
  endpointslices: [
    { addressType: 'IPv4', endpoints: [] },
    { addressType: 'IPv4', ports: [{}] },
  ],
  ingresses: [
    { spec: { defaultBackend: backend } },
    { spec: { defaultBackend: backend, ingressClassName: 'a' } },
  ],
  ingressclasses: [
    { spec: { controller: 'a.io/b' } },
    { spec: { controller: 'a.io/b', parameters: { kind: 'A', name: 'b' } } },
  ],
  networkpolicies: [{ spec: { podSelector: {} } }, { spec: { podSelector: {}, egress: [{}] } }],
  servicecidrs: [{ spec: { cidrs: ['10.9.0.0/16'] } }],
  ipaddresses: [
    { metadata: { name: '10.9.0.1' }, spec: { parentRef: { resource: 'services', name: 'a' } } },
  ],
  roles: [{ rules: [] }, { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }],
  clusterroles: [{}, { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] }],
  rolebindings: [{ roleRef }, { roleRef, subjects: [{ kind: 'User', name: 'u' }] }],
  clusterrolebindings: [{ roleRef }, { roleRef, subjects: [{ kind: 'User', name: 'u' }] }],
  storageclasses: [{ provisioner: 'a.io' }, { provisioner: 'a.io', mountOptions: ['ro'] }],
  volumeattachments: [
    { spec: { attacher: 'a.io', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
  ],
  volumeattributesclasses: [{ driverName: 'a.io', parameters: { a: 'b' } }],
  csidrivers: [{ spec: {} }],
  csinodes: [{ spec: { drivers: [] } }],
  csistoragecapacities: [{ storageClassName: 'a' }, { storageClassName: 'a', capacity: '1Gi' }],
  priorityclasses: [{ value: 1 }],
  runtimeclasses: [{ handler: 'a' }],
  mutatingwebhookconfigurations: [{ webhooks: [] }, { webhooks: [hook] }],
  validatingwebhookconfigurations: [{ webhooks: [] }, { webhooks: [hook] }],
  validatingadmissionpolicies: [
    { spec: { matchConstraints: match, validations: [{ expression: 'true' }] } },
    { spec: { matchConstraints: match, validations: [{ expression: 'false' }] } },
  ],
  mutatingadmissionpolicies: [
    {
      spec: {
        matchConstraints: match,
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
      },
    },
  ],
  validatingadmissionpolicybindings: [
    { spec: { policyName: 'a', validationActions: ['Deny'] } },
    { spec: { policyName: 'b', validationActions: ['Deny'] } },
  ],
  mutatingadmissionpolicybindings: [{ spec: { policyName: 'a' } }, { spec: { policyName: 'b' } }],
  apiservices: [
    {
      metadata: { name: 'v1.a.io' },
      spec: { group: 'a.io', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
    },
  ],
  flowschemas: [
    { spec: { priorityLevelConfiguration: { name: 'a' } } },
    { spec: { priorityLevelConfiguration: { name: 'b' } } },
  ],
  prioritylevelconfigurations: [
    { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
    { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } },
  ],
  deviceclasses: [{ spec: {} }, { spec: { extendedResourceName: 'a.io/gpu' } }],
  resourceclaims: [{ spec: { devices: device } }],
  resourceclaimtemplates: [{ spec: { spec: { devices: device } } }],
  resourceslices: [
    {
      spec: {
        driver: 'a.io',
        nodeName: 'n',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      },
    },
  ],
};

const pathOf = ({ group, version, plural, namespaced }: Resource): string => {
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return `${root}/${namespaced ? 'namespaces/default/' : ''}${plural}`;
};

const counted = new Set(['endpointslices', 'priorityclasses']);

for (const resource of allResources.filter(({ plural }) => plural in examples)) {
  const { group, plural } = resource;
  test(`apiserver A120, A25: ${plural} of ${group || 'core'} are made, changed and ended`, async (t) => {
    const [example, change] = examples[plural]!;
    const { ask } = await startServer(t);
    const metadata = { name: 'web', ...(example.metadata as Loose) };
    const path = pathOf(resource);
    const created = await ask(`POST ${path}`, { ...example, metadata, status: { phase: 'x' } });
    t.is(created.code, 201, JSON.stringify(created.body));
    const one = `${path}/${metadata.name}`;
    const counts = hasGeneration(resource) || counted.has(plural);
    t.is(created.body.metadata.generation, counts ? 1 : undefined);

    const again = await ask(`PUT ${one}`, created.body);
    t.is(again.code, 200, JSON.stringify(again.body));
    t.is(again.body.metadata.resourceVersion, created.body.metadata.resourceVersion);

    const table = await ask(`GET ${path} accept=application/json;as=Table;v=v1;g=meta.k8s.io`);
    t.is(table.body.columnDefinitions.length, resource.columns.length);

    if (change) {
      const changed = await ask(`PUT ${one}`, { ...created.body, ...change });
      t.is(changed.code, 200, JSON.stringify(changed.body));
      t.is(changed.body.metadata.generation, counts ? 2 : undefined);
    }
    const gone = await ask(`DELETE ${one}`);
    t.true([200, 202].includes(gone.code));
  });
}

test('apiserver A25: the status is written at its own path only', async (t) => {
  const { ask } = await startServer(t);
  const [example] = examples.servicecidrs!;
  const path = pathOf(serviceCidrs as unknown as Resource);
  const conditions = [
    {
      type: 'Ready',
      status: 'True',
      reason: 'a',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ];
  const made = await ask(`POST ${path}`, {
    metadata: { name: 'a' },
    ...example,
    status: { conditions },
  });
  t.is(made.body.status?.conditions, undefined);
  const spec = { cidrs: ['10.8.0.0/16'] };
  const written = await ask(`PUT ${path}/a/status`, { ...made.body, spec, status: { conditions } });
  t.deepEqual(written.body.spec, made.body.spec);
  t.deepEqual(written.body.status, { conditions });
});

test('apiserver A25: whoever writes the status of a newer kind cannot label it', async (t) => {
  const { ask } = await startServer(t);
  const path = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
  const metadata = { name: 'a', labels: { a: 'b' } };
  const made = await ask(`POST ${path}`, { ...examples.flowschemas![0], metadata });
  const labels = { a: 'c' };
  const conditions = [{ type: 'Dangling', status: 'True' }];
  const written = await ask(`PUT ${path}/a/status`, {
    ...made.body,
    metadata: { ...made.body.metadata, labels, finalizers: ['a.io/b'] },
    status: { conditions },
  });
  t.like(written.body, { metadata: { labels: { a: 'b' } }, status: { conditions } });
  t.is(written.body.metadata.finalizers, undefined);
});

const warningsOf = ({ headers }: { headers: Record<string, unknown> }) =>
  String(headers.warning ?? '');

test('apiserver A122: Endpoints are deprecated, and say so with every answer', async (t) => {
  const { ask } = await startServer(t);
  const path = '/api/v1/namespaces/default/endpoints';
  const text =
    '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"';
  t.is(warningsOf(await ask(`GET ${path}`)), text);
  t.is(warningsOf(await ask(`POST ${path}`, { metadata: { name: 'a' } })), text);
  const patch = `PATCH ${path}/a content-type=application/merge-patch+json`;
  t.is(warningsOf(await ask(patch, { subsets: [] })), text);
});

test('apiserver A20: what is stored without effect says so', async (t) => {
  const { ask } = await startServer(t);
  const path = pathOf(customResourceDefinitions as unknown as Resource);
  const answer = await ask(`POST ${path}`, {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  });
  t.is(answer.code, 201);
  t.regex(warningsOf(answer), /not act on it yet: the resource that it defines is not served/);
  const wrong = await ask(`POST ${path}`, { metadata: { name: 'a' }, spec: {} });
  t.is(wrong.code, 422);
});

test('apiserver A119: the classes of the system are there, and stay', async (t) => {
  const { ask } = await startServer(t);
  const path = '/apis/scheduling.k8s.io/v1/priorityclasses';
  const { body } = await ask(`GET ${path}`);
  const names = body.items.map((each: { metadata: Loose }) => each.metadata.name);
  t.deepEqual(names, ['system-cluster-critical', 'system-node-critical']);
  const refused = await ask(`DELETE ${path}/system-node-critical`);
  t.is(refused.code, 403);
  t.is(
    refused.body.message,
    'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system ' +
      'priority class and cannot be deleted',
  );
});

const der = btoa(String.fromCharCode(0x30, 6, 0x30, 0, 0x30, 0, 0x03, 0));
const pem = (label: string) => btoa(`-----BEGIN ${label}-----\n${der}\n-----END ${label}-----\n`);

test('a signing request is made by one, decided by another, signed by a third', async (t) => {
  const user = { name: 'jane', groups: ['dev'] };
  const { ask }: Server = await startServer(t, { gates: { authenticate: async () => user } });
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const spec = {
    request: pem('CERTIFICATE REQUEST'),
    signerName: 'example.com/a',
    usages: ['client auth'],
    username: 'root',
  };
  const made = await ask(`POST ${path}`, { metadata: { name: 'a' }, spec });
  t.is(made.code, 201, JSON.stringify(made.body));
  t.like(made.body.spec, { username: 'jane', groups: ['dev'] });
  const approved = { type: 'Approved', status: 'True', reason: 'x' };
  const status = { conditions: [approved] };
  const early = await ask(`PUT ${path}/a/status`, { ...made.body, status });
  t.is(early.code, 422);
  const decided = await ask(`PUT ${path}/a/approval`, { ...made.body, status });
  t.is(decided.code, 200, JSON.stringify(decided.body));
  t.truthy(decided.body.status.conditions[0].lastUpdateTime);
  const signed = await ask(`PUT ${path}/a/status`, {
    ...decided.body,
    status: { ...decided.body.status, certificate: pem('CERTIFICATE') },
  });
  t.is(signed.body.status.certificate, pem('CERTIFICATE'));
  const listed = await ask(`GET ${path}?fieldSelector=spec.signerName%3Dexample.com/a`);
  t.is(listed.body.items.length, 1);
});

test('security 0: a key called __proto__ comes back from the store as it went in', async (t) => {
  const { ask } = await startServer(t);
  const made = await ask(`POST ${configs}`, JSON.stringify(config('a')).replace('{}', proto));
  t.is(made.code, 201);
  const patch = `PATCH ${configs}/a content-type=application/merge-patch+json`;
  await ask(patch, '{"data":{"constructor":"b"}}');
  const { bytes } = await ask(`GET ${configs}/a`);
  t.true(bytes.toString().includes('"__proto__":"a"'));
  t.true(bytes.toString().includes('"constructor":"b"'));
});

const proto = '{"__proto__":"a"}';

test('apiserver A26: names are told apart by kind, in words that say what is wrong', async (t) => {
  const { ask } = await startServer(t);
  const problem = async (plural: string, name: string) => {
    const resource = allResources.find((each) => each.plural === plural)!;
    const [example] = examples[plural]!;
    const { body } = await ask(`POST ${pathOf(resource)}`, { ...example, metadata: { name } });
    return body.details?.causes?.[0]?.message ?? body.kind;
  };
  t.regex(await problem('services', '1a'), /^Invalid value: "1a": a DNS-1035 label must consist/);
  t.regex(await problem('namespaces', 'a.b'), /a lowercase RFC 1123 label must consist/);
  t.regex(await problem('configmaps', 'A'), /a lowercase RFC 1123 subdomain must consist/);
  t.is(await problem('roles', 'a/b'), `Invalid value: "a/b": may not contain '/'`);
  t.is(await problem('roles', 'system:a'), 'Role');
  t.regex(await problem('ipaddresses', 'a'), /must be a valid IP address/);
  t.regex(await problem('configmaps', 'a'.repeat(254)), /must be no more than 253 bytes/);
});
