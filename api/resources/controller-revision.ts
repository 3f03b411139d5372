import { ageColumn, column, nameColumn, none } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { ControllerRevision } from '../types/apps-v1.generated.ts';
import { validateControllerRevision } from '../validation/controller-revision.ts';
import { allVerbs } from './verbs.ts';

export const controllerRevisions: Resource<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    column('Controller', 'What it is a state of.', controllerCell),
    column('Revision', 'Which of its states.', ({ revision }) => String(revision)),
    ageColumn,
  ],
  validate: validateControllerRevision,
};

function controllerCell({ metadata }: ControllerRevision): string {
  const owner = (metadata?.ownerReferences ?? []).find(({ controller }) => controller);
  if (!owner) return none;
  const [group, version] = owner.apiVersion.split('/');
  const kind = version === undefined ? owner.kind : `${owner.kind}.${group}`;
  return `${kind.toLowerCase()}/${owner.name}`;
}
