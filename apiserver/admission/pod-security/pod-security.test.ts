import test from 'ava';
import { deployments } from '../../../api/resources/deployment.ts';
import { namespaces } from '../../../api/resources/namespace.ts';
import { pods } from '../../../api/resources/pod.ts';
import type { PodSpec, SecurityContext } from '../../../api/types/core-v1.generated.ts';
import { UsageError } from '../../../base/errors.ts';
import { createFakeReader } from '../fake-reader.ts';
import { admissionRequest, podWith, type RequestParts, verdict } from '../testing.ts';
import { createPodSecurity } from './pod-security.ts';

function setUp(labels: Record<string, string>, configuration?: object) {
  const reader = createFakeReader();
  const prefixed = Object.entries(labels).map(([key, value]) => [
    `pod-security.kubernetes.io/${key}`,
    value,
  ]);
  reader.put(namespaces, {
    metadata: { name: 'default', labels: Object.fromEntries(prefixed) },
  });
  const plugin = createPodSecurity({ reader, configs: new Map([['PodSecurity', configuration]]) });
  const ask = async (parts: RequestParts, resource = pods) => {
    const request = admissionRequest(resource, parts);
    const said = await verdict([plugin], request);
    return {
      said: said.replace('403 pods "web" is forbidden: violates PodSecurity ', ''),
      request,
    };
  };
  return { reader, plugin, ask };
}

const fine: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const restrictedSpec = (more: Partial<PodSpec> = {}): Partial<PodSpec> => ({
  containers: [{ name: 'a', securityContext: fine }],
  ...more,
});
const having = (securityContext: SecurityContext): Partial<PodSpec> => ({
  containers: [{ name: 'a', securityContext }],
});

/** The check, what breaks it, how it is told, and from which version on. */
const baseline: [string, Partial<PodSpec>, string][] = [
  [
    'host namespaces',
    { hostNetwork: true, hostPID: true, hostIPC: true },
    'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
  ],
  [
    'privileged',
    having({ privileged: true }),
    'privileged (container "a" must not set securityContext.privileged=true)',
  ],
  [
    'capabilities',
    {
      containers: ['a', 'b'].map((name) => ({
        name,
        securityContext: { capabilities: { add: ['NET_RAW', 'CHOWN', 'SYS_ADMIN'] } },
      })),
    },
    'non-default capabilities (containers "a", "b" must not include "NET_RAW", "SYS_ADMIN" ' +
      'in securityContext.capabilities.add)',
  ],
  [
    'hostPath',
    { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    'hostPath volumes (volume "v")',
  ],
  [
    'hostPort',
    { containers: [{ name: 'a', ports: [{ containerPort: 1, hostPort: 8080 }] }] },
    'hostPort (container "a" uses hostPort 8080)',
  ],
  [
    'host of a probe',
    {
      containers: [
        {
          name: 'a',
          livenessProbe: { httpGet: { host: '10.0.0.1', port: 1 } },
          lifecycle: { preStop: { tcpSocket: { host: '10.0.0.2', port: 1 } } },
        },
      ],
    },
    'probe or lifecycle host (container "a" uses probe or lifecycle hosts "10.0.0.1", "10.0.0.2")',
  ],
  [
    'procMount',
    having({ procMount: 'Unmasked' }),
    'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
  ],
  [
    'AppArmor',
    having({ appArmorProfile: { type: 'Unconfined' } }),
    'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
  ],
  [
    'SELinux',
    { securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u', role: 'r' } } },
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; ' +
      'user may not be set; role may not be set)',
  ],
  [
    'seccomp',
    { ...having({ seccompProfile: { type: 'Unconfined' } }) },
    'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    'sysctls',
    {
      securityContext: {
        sysctls: [
          { name: 'net.ipv4.tcp_syncookies', value: '1' },
          { name: 'kernel.core_pattern', value: '|x' },
        ],
      },
    },
    'forbidden sysctls (kernel.core_pattern)',
  ],
  [
    'Windows host process',
    { securityContext: { windowsOptions: { hostProcess: true } } },
    'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
  ],
];
for (const [name, spec, want] of baseline) {
  test(`apiserver A111: baseline forbids ${name}`, async (t) => {
    const { ask } = setUp({ enforce: 'baseline' });
    t.is((await ask({ object: podWith(spec) })).said, `"baseline:latest": ${want}`);
    t.is((await ask({ object: podWith() })).said, 'admitted');
    const { said } = await setUp({}).ask({ object: podWith(spec) });
    t.is(said, 'admitted', 'privileged is what holds without labels');
  });
}

const restricted: [string, Partial<PodSpec>, string][] = [
  [
    'what a plain pod lacks',
    { containers: [{ name: 'nginx' }] },
    'allowPrivilegeEscalation != false (container "nginx" must set ' +
      'securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container ' +
      '"nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or ' +
      'container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or ' +
      'container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or ' +
      '"Localhost")',
  ],
  [
    'an added capability',
    having({ ...fine, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'CHOWN'] } }),
    'unrestricted capabilities (container "a" must not include "CHOWN" in ' +
      'securityContext.capabilities.add)',
  ],
  [
    'other volumes',
    restrictedSpec({
      volumes: [
        { name: 'n', nfs: { path: '/', server: 's' } },
        { name: 'h', hostPath: { path: '/' } },
        { name: 'e', emptyDir: {} },
        { name: 'i', image: { reference: 'x' } },
      ],
    }),
    'restricted volume types (volumes "h", "n" use restricted volume types "hostPath", "nfs")',
  ],
  [
    'root by name',
    having({ ...fine, runAsNonRoot: false }),
    'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
  ],
  [
    'root by number',
    restrictedSpec({ securityContext: { runAsUser: 0 } }),
    'runAsUser=0 (pod must not set runAsUser=0)',
  ],
  [
    'a container without seccomp',
    having({ ...fine, seccompProfile: { type: 'Unconfined' } }),
    'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    'procMount in a user namespace too',
    { ...having({ ...fine, procMount: 'Unmasked' }), hostUsers: false },
    'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
  ],
];
for (const [name, spec, want] of restricted) {
  test(`apiserver A111: restricted forbids ${name}`, async (t) => {
    const { ask } = setUp({ enforce: 'restricted' });
    t.is((await ask({ object: podWith(spec) })).said, `"restricted:latest": ${want}`);
    t.is((await ask({ object: podWith(restrictedSpec()) })).said, 'admitted');
  });
}

test('apiserver A111: init and ephemeral containers are checked as well', async (t) => {
  const { ask } = setUp({ enforce: 'baseline' });
  const bad = { name: 'b', securityContext: { privileged: true } };
  const want =
    '"baseline:latest": privileged (container "b" must not set securityContext.privileged=true)';
  t.is((await ask({ object: podWith({ initContainers: [bad] }) })).said, want);
  const object = podWith({ ephemeralContainers: [bad] });
  const parts = { object, old: podWith(), subresource: 'ephemeralcontainers' };
  t.is((await ask(parts)).said, want);
});

test('apiserver A111: a version is judged by what it knew', async (t) => {
  const at = async (version: string, spec: Partial<PodSpec>) => {
    const labels = { enforce: 'restricted', 'enforce-version': version };
    return (await setUp(labels).ask({ object: podWith(spec) })).said;
  };
  const sysctls = [{ name: 'net.ipv4.tcp_rmem', value: '1' }];
  const spec = restrictedSpec({ securityContext: { sysctls } });
  t.is(await at('v1.31', spec), '"restricted:v1.31": forbidden sysctls (net.ipv4.tcp_rmem)');
  t.is(await at('v1.32', spec), 'admitted');
  const root = restrictedSpec({ hostUsers: false, securityContext: { runAsUser: 0 } });
  t.regex(await at('v1.34', root), /runAsUser=0/);
  t.is(await at('latest', root), 'admitted');
  t.is(await at('v1.22', restrictedSpec({ securityContext: { runAsUser: 0 } })), 'admitted');
});

test('apiserver A111: warn warns and audit is noted, and both let the pod in', async (t) => {
  const { ask } = setUp({ warn: 'baseline', audit: 'restricted' });
  const { said, request } = await ask({ object: podWith({ hostPID: true }) });
  t.is(said, 'admitted');
  const want = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)';
  t.deepEqual(request.warnings, [want]);
});

test('apiserver A111: what makes pods is warned of, never refused', async (t) => {
  const { plugin } = setUp({ enforce: 'baseline', warn: 'baseline' });
  const object = {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: {}, template: { spec: podWith({ hostIPC: true }).spec! } },
  };
  const request = admissionRequest(deployments, { object });
  t.is(await verdict([plugin], request), 'admitted');
  t.deepEqual(request.warnings, [
    'would violate PodSecurity "baseline:latest": host namespaces (hostIPC=true)',
  ]);
});

test('apiserver A111: an update that makes nothing worse is let', async (t) => {
  const { ask } = setUp({ enforce: 'baseline' });
  const old = podWith({ hostPID: true, containers: [{ name: 'a', image: 'one' }] });
  const labelled = { ...old, metadata: { ...old.metadata!, labels: { a: 'b' } } };
  t.is((await ask({ object: labelled, old })).said, 'admitted');
  const changed = podWith({ hostPID: true, containers: [{ name: 'a', image: 'two' }] });
  t.regex((await ask({ object: changed, old })).said, /hostPID/);
  t.is((await ask({ object: changed, old, subresource: 'status' })).said, 'admitted');
});

test('apiserver A111: exempt are users, namespaces and runtime classes', async (t) => {
  const configuration = {
    defaults: { enforce: 'restricted', 'enforce-version': 'latest' },
    exemptions: { usernames: ['ci'], runtimeClasses: ['kata'], namespaces: ['kube-system'] },
  };
  const { ask } = setUp({}, configuration);
  t.regex((await ask({ object: podWith() })).said, /^"restricted:latest": /);
  t.is((await ask({ object: podWith({ runtimeClassName: 'kata' }) })).said, 'admitted');
  t.is((await ask({ object: podWith(), user: { name: 'ci', groups: [] } })).said, 'admitted');
  const object = podWith({}, { namespace: 'kube-system' });
  t.is((await ask({ object })).said, 'admitted');
  t.throws(() => setUp({}, { defaults: { enforce: 'strict', wran: 'baseline' } }), {
    instanceOf: UsageError,
    message:
      'PodSecurity: defaults.enforce: must be one of privileged, baseline, restricted; ' +
      'defaults: unknown field "wran"',
  });
});

test('apiserver A111: a namespace is told which of its pods a new level would refuse', async (t) => {
  const { reader, plugin } = setUp({});
  for (const name of ['b', 'a', 'c']) {
    reader.put(pods, podWith({ hostPID: true, ...(name === 'c' && { hostPID: false }) }, { name }));
  }
  reader.put(
    pods,
    podWith({ containers: [{ name: 'a', securityContext: { privileged: true } }] }, { name: 'd' }),
  );
  const labelled = (level: string) => ({
    metadata: { name: 'default', labels: { 'pod-security.kubernetes.io/enforce': level } },
  });
  const change = async (from: string, to: string) => {
    const parts = { object: labelled(to), old: labelled(from) };
    const request = admissionRequest(namespaces, parts);
    return [await verdict([plugin], request), ...request.warnings];
  };
  t.deepEqual(await change('privileged', 'baseline'), [
    'admitted',
    'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 1 other pod): host namespaces',
    'd: privileged',
  ]);
  t.deepEqual(await change('restricted', 'baseline'), ['admitted']);
  t.deepEqual(await change('privileged', 'bad'), [
    '422 Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: ' +
      'Invalid value: "bad": must be one of privileged, baseline, restricted',
  ]);
  t.deepEqual((await change('bad', 'bad'))[0], 'admitted');
});
