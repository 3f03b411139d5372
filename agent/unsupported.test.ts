import test from 'ava';
import type { Container, PodSpec } from '../api/types/core-v1.generated.ts';
import { findUnsupported } from './unsupported.ts';

const main: Container = { name: 'main', image: 'busybox' };
const of = (spec: Partial<PodSpec>) => findUnsupported({ spec: { containers: [main], ...spec } });
const ofContainer = (container: Partial<Container>) =>
  of({ containers: [{ ...main, ...container }] });

test('an ordinary pod is not refused', (t) => {
  const spec: Partial<PodSpec> = {
    initContainers: [main],
    securityContext: {
      runAsUser: 1,
      fsGroup: 2,
      seccompProfile: { type: 'RuntimeDefault' },
      sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
    },
    volumes: [
      { name: 'a', emptyDir: { medium: 'Memory' } },
      { name: 'b', configMap: { name: 'x' } },
      { name: 'c', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    ],
    containers: [
      {
        ...main,
        readinessProbe: { httpGet: { port: 80 } },
        lifecycle: { stopSignal: 'SIGINT' },
        ports: [{ containerPort: 80 }],
        volumeMounts: [{ name: 'a', mountPath: '/a', readOnly: true }],
      },
    ],
  };
  t.is(of(spec), undefined);
});

const cases: [field: string, refusal: string | undefined][] = [
  ['spec.hostUsers=false', of({ hostUsers: false })],
  ['spec.runtimeClassName', of({ runtimeClassName: 'gvisor' })],
  [
    'spec.securityContext.sysctls[kernel.msgmax]',
    of({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
  ],
  ['spec.containers[0].lifecycle.preStop', ofContainer({ lifecycle: { preStop: {} } })],
  ['spec.containers[0].livenessProbe.grpc', ofContainer({ livenessProbe: { grpc: { port: 1 } } })],
  [
    'spec.containers[0].volumeMounts[0].subPath',
    ofContainer({ volumeMounts: [{ name: 'a', mountPath: '/', subPath: 'x' }] }),
  ],
  [
    'spec.containers[0].securityContext.seccompProfile.type=Localhost',
    ofContainer({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
  ],
  [
    'spec.initContainers[0].restartPolicy',
    of({ initContainers: [{ ...main, restartPolicy: 'Always' }] }),
  ],
  [
    'spec.volumes[1].persistentVolumeClaim',
    of({
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', persistentVolumeClaim: { claimName: 'x' } },
      ],
    }),
  ],
];

for (const [field, refusal] of cases) {
  test(`${field} is refused by its name`, (t) => {
    t.is(refusal, `${field} is not supported by this node yet`);
  });
}

test('a port of the host is no matter', (t) => {
  const containers = [{ ...main, ports: [{ containerPort: 1, hostPort: 1 }] }];
  t.is(of({ containers }), undefined);
  t.is(of({ hostNetwork: true, containers }), undefined);
});
