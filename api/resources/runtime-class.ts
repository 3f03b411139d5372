import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { RuntimeClass } from '../types/node-v1.generated.ts';
import { validateRuntimeClass } from '../validation/runtime-class.ts';
import { allVerbs } from './verbs.ts';

export const runtimeClasses: Resource<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    column('Handler', 'What runs the containers of its pods.', ({ handler }) => handler),
    ageColumn,
  ],
  validate: validateRuntimeClass,
};
