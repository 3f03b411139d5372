/** Which of several classes is the default one. Pure. */
import type { KubeObject } from '../../api/resource.ts';

/** The name of the newest that is marked; of two as new the first by name. */
export function newestDefault<T extends KubeObject>(
  classes: readonly T[],
  isMarked: (one: T) => boolean,
): string | undefined {
  const time = ({ metadata }: KubeObject) => metadata?.creationTimestamp ?? '';
  const name = ({ metadata }: KubeObject) => metadata?.name ?? '';
  const [newest] = classes.filter(isMarked).sort((a, b) => {
    if (time(a) !== time(b)) return time(a) > time(b) ? -1 : 1;
    return name(a) < name(b) ? -1 : 1;
  });
  return newest?.metadata?.name;
}
