/** What the columns of `kubectl get` have in common. */
import { formatAge } from './duration.ts';
import { formatLabelSelector } from './labels.ts';
import type { Column, KubeObject } from './resource.ts';
import type { Container } from './types/core-v1.generated.ts';
import type { LabelSelector } from './types/meta-v1.generated.ts';

export const none = '<none>';

export const nameColumn: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description: 'Name of the object, unique in its namespace.',
  cell: (object) => object.metadata?.name ?? '',
};

export const ageColumn: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  priority: 0,
  description: 'Time since the object was created.',
  cell: (object, now) => formatAge(object.metadata?.creationTimestamp, now),
};

/** Instead of the age, for what lives as long as the cluster. */
export const createdColumn: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  priority: 0,
  description: 'When the object was created.',
  cell: (object) => object.metadata?.creationTimestamp ?? '',
};

/** A column of text that is always shown. */
export const column = <T>(
  name: string,
  description: string,
  cell: Column<T>['cell'],
): Column<T> => ({ name, type: 'string', priority: 0, description, cell });

/** A number that is always shown. */
export const countColumn = <T>(
  name: string,
  description: string,
  cell: (object: T) => number,
): Column<T> => ({ name, type: 'integer', priority: 0, description, cell });

/** Yes or no, always shown. */
export const flagColumn = <T>(
  name: string,
  description: string,
  cell: (object: T) => boolean,
): Column<T> => ({ name, type: 'boolean', priority: 0, description, cell });

/** A column of text that only `-o wide` shows. */
export const wideColumn = <T>(
  name: string,
  description: string,
  cell: Column<T>['cell'],
): Column<T> => ({ name, type: 'string', priority: 1, description, cell });

/** The Containers and Images columns of workloads. */
export const templateColumns = <T>(
  containersOf: (object: T) => readonly Container[] | undefined,
): Column<T>[] => [
  wideColumn('Containers', 'Names of the containers in the template.', (object) =>
    (containersOf(object) ?? []).map(({ name }) => name).join(','),
  ),
  wideColumn('Images', 'Images of the containers in the template.', (object) =>
    (containersOf(object) ?? []).map(({ image }) => image ?? '').join(','),
  ),
];

/** The Selector column of workloads. */
export const selectorColumn = <T>(
  selectorOf: (object: T) => LabelSelector | undefined,
): Column<T> =>
  wideColumn('Selector', 'Labels of its pods.', (object) => {
    return formatLabelSelector(selectorOf(object)) || none;
  });

/** At most three, then how many more there are. */
export function firstThree(list: readonly string[], empty: string): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, 3).join(',');
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown;
}
