/** Which updates of a pod can make it worse. Pure. */

import { containersOf } from '../../../api/pod-containers.ts';
import type { Pod } from '../../../api/types/core-v1.generated.ts';

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/';

/** Of a pod's fields that matter here, only images, annotations and new containers can change. */
export function isSignificant(pod: Pod, old: Pod): boolean {
  const [now, then] = [pod, old].map(({ metadata }) => {
    return new Map(Object.entries(metadata?.annotations ?? {}));
  });
  if (now!.get(seccompPod) !== then!.get(seccompPod)) return true;
  const before = new Map(
    containersOf(old.spec!).map(({ container, list }) => [`${list} ${container.name}`, container]),
  );
  const after = containersOf(pod.spec!);
  if (after.length !== before.size) return true;
  return after.some(({ container, list }) => {
    const known = before.get(`${list} ${container.name}`);
    const key = seccompContainer + container.name;
    return known?.image !== container.image || now!.get(key) !== then!.get(key);
  });
}
