import test from 'ava';
import { persistentVolumeClaims, persistentVolumes, pods } from '../resources.ts';
import { checkCases, type Loose } from './testing.ts';

const pod = (...volumes: Loose[]) => ({
  spec: { containers: [{ name: 'a', image: 'x' }], volumes },
});
const at = 'spec.volumes[0]';

test(
  'volumes of pods',
  checkCases(pods, {
    'what is missing': {
      object: pod(
        { name: 'a', nfs: { server: '', path: 'x' } },
        { name: 'b', csi: { driver: '' } },
        { name: 'c', image: {} },
        { name: 'd', persistentVolumeClaim: { claimName: '' } },
        { name: 'e', ephemeral: {} },
      ),
      want: [
        `${at}.nfs.server: Required value`,
        `${at}.nfs.path: Invalid value: "x": must be an absolute path`,
        'spec.volumes[1].csi.driver: Required value',
        `spec.volumes[1].csi.driver: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
        'spec.volumes[2].image.reference: Required value',
        'spec.volumes[3].persistentVolumeClaim.claimName: Required value',
        'spec.volumes[4].ephemeral.volumeClaimTemplate: Required value',
      ],
    },
    'paths and modes': {
      object: pod({
        name: 'a',
        configMap: {
          name: 'c',
          defaultMode: 0o1000,
          items: [
            { key: 'k', path: '..x' },
            { key: '', path: '/x', mode: -1 },
          ],
        },
      }),
      want: [
        `${at}.configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`,
        `${at}.configMap.items[0].path: Invalid value: "..x": must not start with '..'`,
        `${at}.configMap.items[1].key: Required value`,
        `${at}.configMap.items[1].path: Invalid value: "/x": must be a relative path`,
        `${at}.configMap.items[1].mode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive`,
      ],
    },
    projections: {
      object: pod({
        name: 'a',
        projected: {
          sources: [
            { secret: { name: 's', items: [{ key: 'k', path: 'p' }] } },
            { configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
            { serviceAccountToken: { path: 't', expirationSeconds: 5 } },
            { downwardAPI: { items: [{ path: 'd' }] } },
            { secret: { name: 's' }, configMap: { name: 'c' } },
          ],
        },
      }),
      want: [
        `${at}.projected: Invalid value: "c": conflicting duplicate paths`,
        `${at}.projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes`,
        `${at}.projected.sources[3].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`,
        `${at}.projected.sources[4]: Forbidden: may not specify more than 1 volume type per source`,
      ],
    },
    'a claim that the pod itself makes': {
      object: pod(
        {
          name: 'a',
          ephemeral: {
            volumeClaimTemplate: {
              metadata: { name: 'x' },
              spec: { resources: { requests: { storage: '0' } } },
            },
          },
        },
        { name: 'b', persistentVolumeClaim: { claimName: 'web-a' } },
      ),
      want: [
        `${at}.ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set`,
        `${at}.ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required`,
        `${at}.ephemeral.volumeClaimTemplate.spec.resources[storage]: Invalid value: "0": must be greater than zero`,
        'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-a": must not reference a PVC that gets created for an ephemeral volume',
      ],
    },
    disks: {
      object: pod(
        { name: 'a', iscsi: { targetPortal: 'x', iqn: 'what', lun: 256, chapAuthSession: true } },
        { name: 'b', fc: { targetWWNs: ['a'], wwids: ['b'] } },
        { name: 'c', azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Managed' } },
        { name: 'd', flexVolume: { driver: 'd', options: { 'k8s.io/a': '' } } },
        { name: 'e', rbd: { monitors: [], image: '' } },
      ),
      want: [
        `${at}.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive`,
        `${at}.iscsi.iqn: Invalid value: "what": must be valid format starting with iqn, eui, or naa`,
        `${at}.iscsi.secretRef: Required value`,
        'spec.volumes[1].fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously',
        'spec.volumes[1].fc.lun: Required value: lun is required if targetWWNs is specified',
        'spec.volumes[2].azureDisk.diskURI: Unsupported value: "x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
        'spec.volumes[3].flexVolume.options[k8s.io/a]: Invalid value: "k8s.io/a": kubernetes.io and k8s.io namespaces are reserved',
        'spec.volumes[4].rbd.monitors: Required value',
        'spec.volumes[4].rbd.image: Required value',
      ],
    },
  }),
);

const volume = (spec: Loose) => ({
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    ...(spec.local ? {} : { hostPath: { path: '/x' } }),
    ...spec,
  },
});

test(
  'persistent volumes',
  checkCases(persistentVolumes, {
    'nothing wrong': { object: volume({}), want: [] },
    'nothing at all': {
      object: { spec: {} },
      want: [
        'spec.accessModes: Required value',
        'spec.capacity: Required value',
        'spec.capacity: Unsupported value: {}: supported values: "storage"',
        'spec: Required value: must specify a volume type',
      ],
    },
    'a local one that is nowhere': {
      object: volume({ local: { path: '/a/../b' } }),
      want: [
        'spec.nodeAffinity: Required value: Local volume requires node affinity',
        `spec.local.path: Invalid value: "/a/../b": must not contain '..'`,
      ],
    },
    'modes and policies': {
      object: volume({
        accessModes: ['ReadWriteOncePod', 'ReadWriteMany'],
        persistentVolumeReclaimPolicy: 'Recycle',
        hostPath: { path: '/' },
        volumeMode: 'Tape',
      }),
      want: [
        'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
        `spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'`,
        'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
      ],
    },
    'another place': {
      old: volume({}),
      object: volume({ hostPath: { path: '/y' }, volumeMode: 'Block' }),
      want: [
        'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
        'volumeMode: Invalid value: "Block": field is immutable',
      ],
    },
    'a claim, and a class': {
      old: volume({}),
      object: volume({ claimRef: { namespace: 'a', name: 'b' }, storageClassName: 'c' }),
      want: [],
    },
  }),
);

const claim = (spec: Loose, more: Loose = {}) => ({
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    ...spec,
  },
  ...more,
});
const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } };
const of = (storage: string) => ({ resources: { requests: { storage } } });

test(
  'claims',
  checkCases(persistentVolumeClaims, {
    'nothing wrong': { object: claim({}), want: [] },
    'a source': {
      object: claim({ dataSource: { kind: 'Pod', name: 'a' } }),
      want: [
        `spec.dataSource: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
      ],
    },
    'its volume, once': {
      old: claim({}),
      object: claim({ volumeName: 'v', storageClassName: 'c' }),
      want: [],
    },
    'another volume': {
      old: claim({ volumeName: 'v' }),
      object: claim({ volumeName: 'w' }),
      want: [
        'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ],
    },
    'more room, once bound': {
      old: claim({ volumeName: 'v' }, bound),
      object: claim({ volumeName: 'v', ...of('2Gi') }, bound),
      want: [],
    },
    'more room, before': {
      old: claim({}),
      object: claim(of('2Gi')),
      want: [
        'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ],
    },
    'less room than there is': {
      old: claim({ volumeName: 'v', ...of('2Gi') }, bound),
      object: claim({ volumeName: 'v', ...of('1Gi') }, bound),
      want: [
        'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
      ],
    },
    'a resize': {
      old: claim({}, bound),
      object: claim(
        {},
        {
          status: { ...bound.status, allocatedResourceStatuses: { storage: 'Soon', cpu: 'x' } },
        },
      ),
      want: [
        'status.allocatedResourceStatus: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
        'status.allocatedResourceStatus: Unsupported value: "cpu": supported values: "storage"',
        'status.allocatedResourceStatus: Unsupported value: "cpu": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      ],
    },
  }),
);
