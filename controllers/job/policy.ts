/** What a Job's policies make of pods that failed and indexes that succeeded. Pure. */
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { countOf, countShared, type Indexes, parseIndexes } from './indexes.ts';

export interface Verdict {
  /** `Count`, `Ignore`, `FailIndex` or `FailJob`; `Count` also where no rule is about the pod. */
  readonly action: string;
  /** Why, where the action fails the Job. */
  readonly message: string;
}

/** The first rule that fits decides. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): Verdict {
  const place = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
  for (const [position, rule] of (policy?.rules ?? []).entries()) {
    const match = matchExitCodes(rule, pod, place) ?? matchConditions(rule, pod, place);
    if (match === undefined) continue;
    const message = `${match} matching ${rule.action} rule at index ${position}`;
    return { action: rule.action, message };
  }
  return { action: 'Count', message: '' };
}

function matchExitCodes(rule: PodFailurePolicyRule, pod: Pod, place: string): string | undefined {
  const { onExitCodes } = rule;
  if (!onExitCodes) return undefined;
  const { containerName, operator, values } = onExitCodes;
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  for (const { name, state } of [...containerStatuses, ...initContainerStatuses]) {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && name !== containerName)) continue;
    if (values.includes(code) === (operator === 'In')) {
      return `Container ${name} for pod ${place} failed with exit code ${code}`;
    }
  }
  return undefined;
}

function matchConditions(rule: PodFailurePolicyRule, pod: Pod, place: string): string | undefined {
  const { onPodConditions = [] } = rule;
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions.some((wanted) => wanted.type === type && (wanted.status ?? 'True') === status),
  );
  return condition && `Pod ${place} has condition ${condition.type}`;
}

/** The sentence of the first rule that is met; undefined while none is. */
export function metSuccessRule(
  { successPolicy, completions = 0 }: JobSpec,
  succeeded: Indexes,
): string | undefined {
  const position = (successPolicy?.rules ?? []).findIndex((rule) =>
    isMet(rule, succeeded, completions),
  );
  return position < 0 ? undefined : `Matched rules at index ${position}`;
}

function isMet(rule: SuccessPolicyRule, succeeded: Indexes, completions: number): boolean {
  const { succeededIndexes, succeededCount } = rule;
  if (succeededIndexes === undefined) {
    return succeededCount !== undefined && countOf(succeeded) >= succeededCount;
  }
  const wanted = parseIndexes(succeededIndexes, completions);
  return countShared(wanted, succeeded) >= (succeededCount ?? countOf(wanted));
}
