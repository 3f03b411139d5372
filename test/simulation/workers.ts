/** Pods that come to an end: hollow nodes only ever call them running. */
import type { ExecutionContext } from 'ava';
import { pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { hasReason } from '../../base/errors.ts';
import type { Cluster } from './cluster.ts';

/** How its container ends: the exit code, after so long. Undefined: it goes on. */
export interface End {
  readonly code: number;
  readonly afterMs: number;
}

/** Lets each pod end as `endOf` says, once it runs. */
export function endPods(
  t: ExecutionContext,
  { client, clock }: Cluster,
  endOf: (pod: Pod) => End | undefined,
): void {
  const life = new AbortController();
  t.teardown(() => life.abort());
  const seen = new Set<string>();
  const finish = async ({ metadata }: Pod, { code, afterMs }: End) => {
    await clock.sleep(afterMs, life.signal);
    if (life.signal.aborted) return;
    try {
      const pod = await client.get(pods, metadata?.name ?? '', metadata?.namespace);
      await client.update(pods, ended(pod, code, clock.now()), { subresource: 'status' });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  };
  const follow = async () => {
    for await (const { type, object } of client.watch(pods, { signal: life.signal })) {
      const uid = object.metadata?.uid ?? '';
      if (type === 'DELETED' || object.status?.phase !== 'Running' || seen.has(uid)) continue;
      seen.add(uid);
      const end = endOf(object);
      if (end) void finish(object, end);
    }
  };
  void follow();
}

function ended(pod: Pod, exitCode: number, nowMs: number): Pod {
  const finishedAt = toTime(nowMs);
  const containerStatuses = (pod.spec?.containers ?? []).map(({ name, image = '' }) => ({
    ...{ name, image, imageID: '', ready: false, restartCount: 0 },
    state: { terminated: { exitCode, finishedAt } },
  }));
  const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
  const others = pod.status?.conditions?.filter(({ type }) => type !== 'Ready') ?? [];
  const ready = { type: 'Ready', status: 'False', lastTransitionTime: finishedAt };
  const conditions = [...others, ready];
  return { ...pod, status: { ...pod.status, phase, conditions, containerStatuses } };
}
