/** A pod as people have them, of some 4 KB once the server has added what it adds. */

export const namespace = 'bench';
export const podsPath = `/api/v1/namespaces/${namespace}/pods`;

const probe = (path: string) => ({
  httpGet: { path, port: 'http', scheme: 'HTTP' },
  initialDelaySeconds: 5,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
});

const container = (name: string) => ({
  name,
  image: `registry.example.com/shop/${name}:v1.27.3`,
  imagePullPolicy: 'IfNotPresent',
  ports: [{ name: 'http', containerPort: name === 'web' ? 8080 : 9090, protocol: 'TCP' }],
  env: [
    { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'UPSTREAM', value: 'http://catalog.shop.svc.cluster.local:8080' },
  ],
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
  volumeMounts: [{ name: 'config', mountPath: '/etc/shop', readOnly: true }],
  livenessProbe: probe('/healthz'),
  readinessProbe: probe('/readyz'),
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
});

/** `padding`: bytes of an annotation beside. */
export const podOf = (name: string, { padding = 0, nodeName = '' } = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    labels: { app: 'shop', tier: 'frontend', 'pod-template-hash': '5d9c7b8f6d' },
    annotations: {
      'example.com/scrape': 'true',
      ...(padding > 0 && { 'example.com/padding': 'x'.repeat(padding) }),
    },
  },
  spec: {
    containers: [container('web')],
    ...(nodeName && { nodeName }),
    volumes: [{ name: 'config', configMap: { name: 'shop', defaultMode: 420 } }],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
  },
});
