/** Ephemeral containers: the debuggers that are put beside a pod's containers later. */
import type { StatusCause } from '../../base/errors.ts';
import type { Pod } from '../types/core-v1.generated.ts';
import { forbiddenValue } from './cause.ts';
import { checkWholePod } from './pod.ts';
import { mirrorKey } from './pod-annotations.ts';
import { isSame } from './same.ts';

/**
 * All rules of `pods/ephemeralcontainers`, in the place of `pods.validate`: those that are there
 * stay as they are, new ones may come. `pod` differs from `old` in its ephemeral containers and
 * metadata only; the caller sees to that.
 */
export function validateEphemeralContainersUpdate(pod: Pod, old: Pod): StatusCause[] {
  if (old.metadata?.annotations?.[mirrorKey] !== undefined) {
    return [forbiddenValue('', 'static pods do not support ephemeral containers')];
  }
  const path = 'spec.ephemeralContainers';
  const causes = checkWholePod(pod, old);
  const now = new Map((pod.spec?.ephemeralContainers ?? []).map((each) => [each.name, each]));
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const after = now.get(before.name);
    if (after && isSame(after, before)) continue;
    const what = after ? 'changed' : 'removed';
    const detail = `existing ephemeral containers ${JSON.stringify(before.name)} may not be ${what}\n`;
    causes.push(forbiddenValue(path, detail));
  }
  return causes;
}
