/** What is to be added to a bootstrap object, so that it gives at least what it should. Pure. */
import type { KubeObject } from '../../api/resource.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  Subject,
} from '../../api/types/rbac-v1.generated.ts';
import { autoUpdate } from './bootstrap-policy.ts';
import { uncovered } from './rule-cover.ts';

/** Whether the object is its owner's alone. */
export const isLeftAlone = ({ metadata }: KubeObject): boolean =>
  metadata?.annotations?.[autoUpdate] === 'false';

/** Adds rules and selectors that are missing; what was added by others stays. Changes the draft. */
export function mendRole(draft: Role | ClusterRole, wanted: Role | ClusterRole): void {
  if (isLeftAlone(draft)) return;
  mendMetadata(draft, wanted);
  const held = draft.rules ?? [];
  const missing = (wanted.rules ?? []).filter((rule) => uncovered(held, [rule]).length > 0);
  draft.rules = [...held, ...missing];
  if (!('aggregationRule' in wanted)) return;
  const gathered = draft as ClusterRole;
  const selectors = gathered.aggregationRule?.clusterRoleSelectors ?? [];
  const known = new Set(selectors.map((each) => JSON.stringify(each)));
  const others = (wanted.aggregationRule?.clusterRoleSelectors ?? []).filter(
    (each) => !known.has(JSON.stringify(each)),
  );
  gathered.aggregationRule = { clusterRoleSelectors: [...selectors, ...others] };
}

/** Adds subjects that are missing. Changes the draft. */
export function mendBinding(
  draft: RoleBinding | ClusterRoleBinding,
  wanted: RoleBinding | ClusterRoleBinding,
): void {
  if (isLeftAlone(draft)) return;
  mendMetadata(draft, wanted);
  const known = new Set((draft.subjects ?? []).map(keyOf));
  const missing = (wanted.subjects ?? []).filter((subject) => !known.has(keyOf(subject)));
  if (missing.length > 0) draft.subjects = [...(draft.subjects ?? []), ...missing];
}

const keyOf = ({ kind, name, namespace = '' }: Subject) => `${kind} ${namespace}/${name}`;

function mendMetadata(draft: KubeObject, { metadata }: KubeObject): void {
  const own = draft.metadata!;
  own.labels = { ...metadata?.labels, ...own.labels };
  own.annotations = { ...metadata?.annotations, ...own.annotations };
}
