/** Writes a pod's status to the API when it differs from what is there. */
import { pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.generated.ts';
import { hasReason } from '../base/errors.ts';
import type { AgentContext } from './context.ts';
import { isSameStatus, planStatus } from './plan-status.ts';
import type { PodState } from './state.ts';

const conflictsMax = 3;

/** The pod of the same name may be another by now: then, and when it is gone, nothing happens. */
export async function reportStatus(context: AgentContext, state: PodState): Promise<void> {
  const { client, clock, settings } = context;
  for (let tries = 0; ; tries++) {
    const status = planStatus(state, { hostIps: settings.nodeIps, now: clock.now() });
    if (isSameStatus(state.pod.status, status)) return;
    try {
      const draft: Pod = { ...state.pod, status };
      const written = await client.update(pods, draft, { subresource: 'status' });
      if (written.metadata?.uid === state.uid) state.pod = written;
      return;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return; // The watch will say so.
      if (!hasReason(error, 'Conflict') || tries === conflictsMax) throw error;
      const fresh = await client
        .get(pods, state.name, state.namespace)
        .catch((missing: unknown) => {
          if (hasReason(missing, 'NotFound')) return undefined;
          throw missing;
        });
      if (fresh?.metadata?.uid !== state.uid) return;
      state.pod = fresh;
    }
  }
}
