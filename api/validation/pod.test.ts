/** Pods, rule by rule: what is wrong with one, as its author reads it. */
import test from 'ava';
import { pods } from '../resources.ts';
import { checkCases, type Loose } from './testing.ts';

const first = { name: 'a', image: 'x' };
const pod = (spec: Loose = {}, container: Loose = {}) => ({
  spec: { containers: [{ ...first, ...container }], ...spec },
});
const at = 'spec.containers[0]';
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
  "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for " +
  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test(
  'variables come from one place, which is there',
  checkCases(pods, {
    sources: {
      object: pod(
        {},
        {
          env: [
            { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
            { name: 'B', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a b']" } } },
            { name: 'C', valueFrom: { fieldRef: { fieldPath: 'spec.what' } } },
            { name: 'D', valueFrom: { fieldRef: { fieldPath: "status.podIP['a']" } } },
            { name: 'E', valueFrom: {} },
            { name: 'F', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
        },
      ),
      want: [
        `${at}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
        `${at}.env[1].valueFrom.fieldRef: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        `${at}.env[2].valueFrom.fieldRef.fieldPath: Invalid value: "spec.what": error converting fieldPath: field label not supported: spec.what`,
        `${at}.env[3].valueFrom.fieldRef.fieldPath: Invalid value: "status.podIP['a']": error converting fieldPath: field label does not support subscript: status.podIP['a']`,
        `${at}.env[4].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
        `${at}.env[5].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
      ],
    },
    'a divisor': {
      object: pod(
        {},
        {
          env: [
            {
              name: 'A',
              valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } },
            },
            { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.disk' } } },
          ],
        },
      ),
      want: [
        `${at}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
        `${at}.env[1].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.disk": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"`,
      ],
    },
    'all of nothing': {
      object: pod({}, { envFrom: [{}, { configMapRef: {} }] }),
      want: [
        `${at}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``,
        `${at}.envFrom[1].configMapRef.name: Required value`,
      ],
    },
    'a file': {
      object: pod(
        { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
        {
          env: [
            {
              name: 'A',
              valueFrom: { fileKeyRef: { volumeName: 'v', path: 'f', key: 'K' } },
            },
          ],
        },
      ),
      want: [
        `${at}.env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`,
      ],
    },
  }),
);

test(
  'resources',
  checkCases(pods, {
    names: {
      object: pod({}, { resources: { limits: { gpu: '1', 'a.com/x': '1500m', cpu: '-1' } } }),
      want: [
        `${at}.resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
        `${at}.resources.limits[a.com/x]: Invalid value: "1500m": must be an integer`,
        `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
        `${at}.resources.requests[a.com/x]: Invalid value: "1500m": must be an integer`,
        `${at}.resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
        `${at}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
      ].sort((a, b) => Number(a.includes('requests')) - Number(b.includes('requests'))),
    },
    'huge pages': {
      object: pod({}, { resources: { limits: { 'hugepages-2Mi': '3Mi' } } }),
      want: [
        `${at}.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
        `${at}.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
        `${at}.resources: Forbidden: HugePages require cpu or memory`,
      ],
    },
    'what cannot be shared': {
      object: pod({}, { resources: { requests: { 'a.com/x': '1' } } }),
      want: [
        `${at}.resources.limits: Required value: Limit must be set for non overcommitable resources`,
      ],
    },
    claims: {
      object: pod(
        { resourceClaims: [{ name: 'c' }] },
        { resources: { claims: [{ name: 'c' }, { name: 'c', request: 'r' }, { name: 'd' }] } },
      ),
      want: [
        'spec.resourceClaims[0]: Invalid value: {"name":"c"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
        `${at}.resources.claims[1]: Duplicate value: "c"`,
        `${at}.resources.claims[2]: Not found: "d": must be one of the names in pod.spec.resourceClaims: c`,
      ],
    },
    'of the whole pod': {
      object: pod(
        { resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } },
        { resources: { requests: { cpu: '2' }, limits: { memory: '2Gi' } } },
      ),
      want: [
        'spec.resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi',
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
        'spec.resources.containers[0][memory].limits: Invalid value: "2Gi": must be less than or equal to pod limits of 1Gi',
      ],
    },
  }),
);

test(
  'mounts and devices',
  checkCases(pods, {
    'one for both': {
      object: pod(
        { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }, { name: 'e' }] },
        {
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
          volumeDevices: [
            { name: 'v', devicePath: '/dev/x' },
            { name: 'e', devicePath: '/dev/../y' },
          ],
        },
      ),
      want: [
        `${at}.volumeMounts[0].name: Invalid value: "v": must not already exist in volumeDevices`,
        `${at}.volumeDevices[0].name: Invalid value: "v": must not already exist in volumeMounts`,
        `${at}.volumeDevices[1].name: Invalid value: "e": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`,
        `${at}.volumeDevices[1].devicePath: Invalid value: "/dev/../y": can not contain backsteps ('..')`,
      ],
    },
    propagation: {
      object: pod(
        { volumes: [{ name: 'v' }] },
        {
          volumeMounts: [
            { name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' },
            { name: 'v', mountPath: '/w', recursiveReadOnly: 'Enabled' },
          ],
        },
      ),
      want: [
        `${at}.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
        `${at}.volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`,
      ],
    },
  }),
);

test(
  'probes and hooks',
  checkCases(pods, {
    'times and thresholds': {
      object: pod(
        {},
        {
          livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2, timeoutSeconds: -1 },
          readinessProbe: { grpc: { port: 0 }, terminationGracePeriodSeconds: 5 },
          startupProbe: { httpGet: { port: 'WEB', httpHeaders: [{ name: 'a b', value: '' }] } },
        },
      ),
      want: [
        `${at}.livenessProbe.timeoutSeconds: Invalid value: -1: must be greater than or equal to 0`,
        `${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
        `${at}.readinessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
        `${at}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes`,
        `${at}.startupProbe.httpGet.port: Invalid value: "WEB": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
        `${at}.startupProbe.httpGet.port: Invalid value: "WEB": must contain at least one letter (a-z)`,
        `${at}.startupProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
      ],
    },
    'a sleep longer than the grace': {
      object: pod(
        { terminationGracePeriodSeconds: 10 },
        { lifecycle: { preStop: { sleep: { seconds: 11 } }, postStart: {} } },
      ),
      want: [
        `${at}.lifecycle.postStart: Required value: must specify a handler type`,
        `${at}.lifecycle.preStop.sleep: Invalid value: 11: must be non-negative and less than terminationGracePeriodSeconds (10)`,
      ],
    },
    'of an init container': {
      object: pod({
        initContainers: [
          { name: 'i', image: 'x', lifecycle: {}, readinessProbe: { exec: { command: ['a'] } } },
          { name: 's', image: 'x', restartPolicy: 'Always', livenessProbe: {} },
          { name: 'a', image: 'x', restartPolicy: 'Never' },
        ],
      }),
      want: [
        'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always',
        'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
        'spec.initContainers[1].livenessProbe: Required value: must specify a handler type',
        'spec.initContainers[2].name: Duplicate value: "a"',
      ],
    },
    'policies of a container': {
      object: pod(
        { restartPolicy: 'Never' },
        {
          restartPolicyRules: [{ action: 'Stop' }],
          resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
        },
      ),
      want: [
        `${at}.resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when \`restartPolicy\` is 'Never'`,
        `${at}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`,
        `${at}.restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"`,
        `${at}.restartPolicyRules[0].exitCodes: Required value: must be specified`,
      ],
    },
  }),
);

test(
  'security contexts',
  checkCases(pods, {
    'of a container': {
      object: pod(
        {},
        {
          securityContext: {
            runAsUser: -1,
            procMount: 'Unmasked',
            seccompProfile: { type: 'Localhost', localhostProfile: '../x' },
            appArmorProfile: { type: 'Localhost', localhostProfile: ' x' },
            allowPrivilegeEscalation: false,
            capabilities: { add: ['CAP_SYS_ADMIN'] },
          },
        },
      ),
      want: [
        `${at}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
        `${at}.securityContext.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``,
        `${at}.securityContext.seccompProfile.localhostProfile: Invalid value: "../x": must not contain '..'`,
        `${at}.securityContext: Invalid value: {"runAsUser":-1,"procMount":"Unmasked","seccompProfile":{"type":"Localhost","localhostProfile":"../x"},"appArmorProfile":{"type":"Localhost","localhostProfile":" x"},"allowPrivilegeEscalation":false,"capabilities":{"add":["CAP_SYS_ADMIN"]}}: cannot set \`allowPrivilegeEscalation\` to false and \`capabilities.Add\` CAP_SYS_ADMIN`,
        `${at}.securityContext.appArmorProfile.localhostProfile: Invalid value: " x": must not be padded with whitespace`,
      ],
    },
    'of the pod': {
      object: pod({
        hostNetwork: true,
        hostPID: true,
        shareProcessNamespace: true,
        securityContext: {
          sysctls: [
            { name: 'net.core.somaxconn', value: '1' },
            { name: 'kernel.shm max', value: '1' },
          ],
          seccompProfile: { type: 'Unconfined', localhostProfile: 'x' },
        },
      }),
      want: [
        'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
        `spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when 'hostNetwork' is true`,
        'spec.securityContext.sysctls[1].name: Invalid value: "kernel.shm max": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
        'spec.securityContext.seccompProfile.localhostProfile: Invalid value: {"type":"Unconfined","localhostProfile":"x"}: can only be set when seccomp type is Localhost',
      ],
    },
    'users of its own': {
      object: pod({ hostUsers: false, hostNetwork: true, hostIPC: true }),
      want: [
        'spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false',
        'spec.HostIPC: Forbidden: when `pod.Spec.HostUsers` is false',
      ],
    },
    systems: {
      object: pod(
        { os: { name: 'windows' }, hostPID: true },
        { securityContext: { privileged: true } },
      ),
      want: [
        'spec.hostPID: Forbidden: cannot be set for a windows pod',
        `${at}.securityContext.privileged: Forbidden: cannot be set for a windows pod`,
      ],
    },
    'Windows on Linux': {
      object: pod(
        { os: { name: 'linux' } },
        { securityContext: { windowsOptions: { runAsUserName: 'a\\b\\c' } } },
      ),
      want: [
        `${at}.securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash`,
        `${at}.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod`,
      ],
    },
    'two ways to say it': {
      object: {
        metadata: { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } },
        ...pod({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }),
      },
      want: [
        'spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match',
      ],
    },
  }),
);

test(
  'placement',
  checkCases(pods, {
    affinity: {
      object: pod({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'a', operator: 'In' }] },
                { matchFields: [{ key: 'b', operator: 'Exists' }] },
              ],
            },
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, preference: {} }],
          },
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: '', matchLabelKeys: ['a'] },
            ],
          },
        },
      }),
      want: [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[1].matchFields[0].operator: Invalid value: "Exists": not a valid selector operator',
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[1].matchFields[0].key: Invalid value: "b": not a valid field selector key',
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
        'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
        'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
        `spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty`,
        `spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      ],
    },
    tolerations: {
      object: pod({
        tolerations: [
          { operator: 'Equal' },
          { key: 'a', operator: 'Exists', value: 'x' },
          { key: 'a', tolerationSeconds: 3 },
          { key: 'a', operator: 'Gt', value: 'x' },
        ],
      }),
      want: [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        `spec.tolerations[1].operator: Invalid value: "x": value must be empty when \`operator\` is 'Exists'`,
        `spec.tolerations[2].effect: Invalid value: "": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
        'spec.tolerations[3].value: Invalid value: "x": must be an integer when `operator` is `Gt` or `Lt`',
      ],
    },
    spread: {
      object: pod({
        topologySpreadConstraints: [
          { maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 1 },
          { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway' },
        ],
      }),
      want: [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{a, ScheduleAnyway}"',
        'spec.topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
      ],
    },
    'gates before a node': {
      object: pod({ schedulingGates: [{ name: 'g' }, { name: 'g' }], nodeName: 'n' }),
      want: [
        'spec.schedulingGates[1]: Duplicate value: "g"',
        'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
      ],
    },
  }),
);

test(
  'names',
  checkCases(pods, {
    dns: {
      object: pod({
        dnsConfig: {
          nameservers: ['1.1.1', '1.1.1.1', '1.1.1.2', '1.1.1.3'],
          searches: ['_tcp.a', '.', 'A'],
          options: [{}],
        },
        hostAliases: [{ ip: '::1', hostnames: ['A'] }],
      }),
      want: [
        'spec.dnsConfig.nameservers: Invalid value: ["1.1.1","1.1.1.1","1.1.1.2","1.1.1.3"]: must not have more than 3 nameservers',
        'spec.dnsConfig.nameservers[0]: Invalid value: "1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        `spec.dnsConfig.searches[2]: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')`,
        'spec.dnsConfig.options[0]: Required value: must not be empty',
        `spec.hostAliases[0].hostnames[0]: Invalid value: "A": ${subdomain}`,
      ],
    },
    'no servers': {
      object: pod({ dnsPolicy: 'None' }),
      want: ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    },
    classes: {
      object: pod({ runtimeClassName: '', priorityClassName: 'A' }),
      want: [
        `spec.priorityClassName: Invalid value: "A": ${subdomain}`,
        `spec.runtimeClassName: Invalid value: "": ${subdomain}`,
      ],
    },
    annotations: {
      object: {
        metadata: {
          annotations: {
            'controller.kubernetes.io/pod-deletion-cost': '+1',
            'container.apparmor.security.beta.kubernetes.io/b': 'x',
            'kubernetes.io/config.mirror': 'y',
          },
        },
        ...pod(),
      },
      want: [
        'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer',
        'metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: "b": container not found',
        'metadata.annotations[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: "x": invalid AppArmor profile name: "x"',
        'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "y": must set spec.nodeName if mirror pod annotation is set',
      ],
    },
  }),
);

test(
  'ephemeral containers come later, and carry nothing',
  checkCases(pods, {
    'on create': {
      object: pod({ ephemeralContainers: [{ name: 'd', image: 'x' }] }),
      want: ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    },
    later: {
      old: pod(),
      subresource: 'ephemeralcontainers',
      object: pod({
        ephemeralContainers: [
          { name: 'a', image: 'x', targetContainerName: 'b', ports: [{ containerPort: 1 }] },
        ],
      }),
      want: [
        'spec.ephemeralContainers[0].name: Duplicate value: "a"',
        'spec.ephemeralContainers[0].targetContainerName: Not found: "b"',
        'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
      ],
    },
  }),
);

const gated = (spec: Loose) => pod({ schedulingGates: [{ name: 'g' }], ...spec });
const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const nodesWith = (...keys: string[]) => ({
  affinity: {
    nodeAffinity: {
      [required]: {
        nodeSelectorTerms: [{ matchExpressions: keys.map((key) => ({ key, operator: 'Exists' })) }],
      },
    },
  },
});

test(
  'what may change in a pod',
  checkCases(pods, {
    'a shorter deadline': {
      old: pod({ activeDeadlineSeconds: 10 }),
      object: pod({ activeDeadlineSeconds: 5 }),
      want: [],
    },
    'a longer one': {
      old: pod({ activeDeadlineSeconds: 5 }),
      object: pod({ activeDeadlineSeconds: 10 }),
      want: [
        'spec.activeDeadlineSeconds: Invalid value: 10: must be less than or equal to previous value',
      ],
    },
    'a negative grace': {
      old: pod({ terminationGracePeriodSeconds: -1 }),
      object: pod({ terminationGracePeriodSeconds: 1 }),
      want: [],
    },
    'a gate less': { old: gated({}), object: pod(), want: [] },
    'a gate more': {
      old: pod(),
      object: gated({}),
      want: [
        "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'",
      ],
    },
    'where a gated pod may run': {
      old: gated({ nodeSelector: { a: '1' }, ...nodesWith('x') }),
      object: gated({ nodeSelector: { a: '1', b: '2' }, ...nodesWith('x', 'y') }),
      want: [],
    },
    'wider than before': {
      old: gated({ nodeSelector: { a: '1' }, ...nodesWith('x', 'y') }),
      object: gated({ nodeSelector: {}, ...nodesWith('x') }),
      want: [
        'spec.nodeSelector: Invalid value: {}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
        `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms[0]: Invalid value: {"matchExpressions":[{"key":"x","operator":"Exists"}]}: only additions are allowed (no mutations or deletions)`,
      ],
    },
    'annotations that the node acted on': {
      old: { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } }, ...pod() },
      object: pod(),
      want: [
        'metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation',
      ],
    },
  }),
);

const ended = { name: 'a', state: { terminated: { exitCode: 0 } } };
const running = { name: 'a', state: { running: {} } };
const base = { ready: true, restartCount: 0, image: '', imageID: '' };
const status = (more: Loose) => ({ status: { qosClass: 'BestEffort', ...more } });

test(
  'what a status may say',
  checkCases(pods, {
    'another class': {
      old: { ...pod(), ...status({}) },
      object: { ...pod(), ...status({ qosClass: 'Burstable' }) },
      want: ['status.qosClass: Invalid value: "Burstable": field is immutable'],
    },
    'life after the end': {
      old: {
        ...pod({ restartPolicy: 'OnFailure' }),
        ...status({ containerStatuses: [{ ...base, ...ended }] }),
      },
      object: {
        ...pod({ restartPolicy: 'OnFailure' }),
        ...status({ containerStatuses: [{ ...base, ...running }] }),
      },
      want: [
        'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
      ],
    },
    addresses: {
      old: { ...pod(), ...status({}) },
      object: {
        ...pod(),
        ...status({
          podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
          hostIP: '10.0.0.3',
          hostIPs: [{ ip: '10.0.0.4' }],
        }),
      },
      want: [
        'status.hostIPs[0].ip: Invalid value: "10.0.0.4": must be equal to `hostIP`',
        'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family',
      ],
    },
  }),
);
