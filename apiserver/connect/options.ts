/** What a stream is opened with, as the object that admission is shown. */
import type { KubeObject } from '../../api/resource.ts';

const lists: readonly string[] = ['command', 'ports'];
const switches: readonly string[] = ['stdin', 'stdout', 'stderr', 'tty'];

/** `?command=sh&stdin=true&tty=1` → PodExecOptions with a list, and switches that are on. */
export function connectOptions(kind: string, query: URLSearchParams): KubeObject {
  const options = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const all = query.getAll(name);
    if (lists.includes(name)) options.set(name, all);
    else if (switches.includes(name)) options.set(name, all[0] === 'true' || all[0] === '1');
    else options.set(name, all[0]);
  }
  return { ...Object.fromEntries(options), apiVersion: 'v1', kind };
}
