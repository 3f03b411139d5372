import test from 'ava';
import type { KubeObject } from '../../api/resource.ts';
import { type OwnerState, planGarbage } from './plan.ts';

interface Case {
  readonly name: string;
  readonly owners?: readonly OwnerState[];
  readonly finalizers?: readonly string[];
  readonly ending?: boolean;
  /** Whether each dependent holds its owner up. */
  readonly dependents?: readonly boolean[];
  readonly want: string;
}

const cases: Case[] = [
  { name: 'leaves what has a living owner', owners: ['solid'], want: 'nothing' },
  { name: 'leaves what nobody owns', want: 'nothing' },
  { name: 'deletes what has lost its only owner', owners: ['absent'], want: 'delete Background' },
  {
    name: 'drops only the claim of an owner that is gone when another stays',
    owners: ['absent', 'solid'],
    want: 'dropOwners 0',
  },
  {
    name: 'never deletes for an owner that it cannot see',
    owners: ['absent', 'unknown'],
    want: 'dropOwners 0',
  },
  { name: 'deletes for an owner that waits', owners: ['waiting'], want: 'delete Background' },
  {
    name: 'passes waiting on to what owns others itself',
    owners: ['waiting'],
    dependents: [true],
    want: 'delete Foreground',
  },
  { name: 'leaves an ending object without finalizers', ending: true, want: 'nothing' },
  {
    name: 'holds the foreground until those that block are gone',
    ending: true,
    finalizers: ['foregroundDeletion'],
    dependents: [false, true],
    want: 'nothing',
  },
  {
    name: 'ends the foreground when only those are left that do not block',
    ending: true,
    finalizers: ['foregroundDeletion'],
    dependents: [false],
    want: 'removeFinalizer foregroundDeletion',
  },
  {
    name: 'lets dependents go before an orphaning owner ends',
    ending: true,
    finalizers: ['orphan'],
    dependents: [true],
    want: 'orphanDependents',
  },
];

for (const { name, owners = [], finalizers = [], ending, dependents = [], want } of cases) {
  test(`planGarbage ${name}`, (t) => {
    const object: KubeObject = {
      metadata: {
        uid: 'me',
        finalizers: [...finalizers],
        ...(ending && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      },
    };
    const reference = { apiVersion: 'v1', kind: 'Pod', name: 'o' };
    const step = planGarbage({
      object,
      owners: owners.map((state, i) => ({ state, reference: { ...reference, uid: String(i) } })),
      dependents: dependents.map((blockOwnerDeletion) => ({
        metadata: { ownerReferences: [{ ...reference, uid: 'me', blockOwnerDeletion }] },
      })),
    });
    const { kind, ...rest } = step;
    const detail =
      'policy' in rest
        ? rest.policy
        : 'uids' in rest
          ? rest.uids.join()
          : 'finalizer' in rest
            ? rest.finalizer
            : '';
    t.is(`${kind} ${detail}`.trim(), want);
  });
}
