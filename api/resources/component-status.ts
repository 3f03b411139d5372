/** An old way to ask whether the control plane is well: told by the leases that its parts renew. */
import { column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { Lease } from '../types/coordination-v1.generated.ts';
import type { ComponentCondition, ComponentStatus } from '../types/core-v1.generated.ts';
import { leases } from './lease.ts';

export const componentStatuses: Resource<ComponentStatus> = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  namespaced: false,
  verbs: ['get', 'list'],
  hasStatus: false,
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: [
    nameColumn,
    column('Status', 'Healthy or not.', ({ conditions }) => {
      const status = healthOf(conditions)?.status;
      if (!status) return 'Unknown';
      return status === 'True' ? 'Healthy' : 'Unhealthy';
    }),
    column('Message', 'What it says.', ({ conditions }) => healthOf(conditions)?.message ?? ''),
    column('Error', 'What went wrong.', ({ conditions }) => healthOf(conditions)?.error ?? ''),
  ],
  compute: (reader, now) => {
    const held = new Map(
      reader.list(leases, 'kube-system').map((lease) => [lease.metadata?.name, lease]),
    );
    return [
      statusOf('controller-manager', checkLease(held.get('kube-controller-manager'), now)),
      statusOf('etcd-0', ''), // Who could not reach the store would not answer at all.
      statusOf('scheduler', checkLease(held.get('kube-scheduler'), now)),
    ];
  },
};

const healthOf = (conditions: readonly ComponentCondition[] = []) =>
  conditions.find(({ type }) => type === 'Healthy');

const statusOf = (name: string, problem: string): ComponentStatus => ({
  kind: 'ComponentStatus',
  apiVersion: 'v1',
  metadata: { name },
  conditions: [
    problem
      ? { type: 'Healthy', status: 'False', message: problem }
      : { type: 'Healthy', status: 'True', message: 'ok' },
  ],
});

/** What is wrong with who should hold the lease; empty if nothing is. */
function checkLease(lease: Lease | undefined, now: number): string {
  const { holderIdentity, renewTime, leaseDurationSeconds = 15 } = lease?.spec ?? {};
  if (!holderIdentity || !renewTime) return 'nobody leads';
  const isOver = Date.parse(renewTime) + leaseDurationSeconds * 1000 < now;
  return isOver ? `${holderIdentity} has not renewed its lease since ${renewTime}` : '';
}
