/** Turns changes of Services and pods into keys of the Services that have to be looked at. */
import { pods, services } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.generated.ts';
import { keyOf } from '../client/keys.ts';
import { type Context, inNamespace } from './controller.ts';
import { endpointFace, isSelected } from './service-endpoints.ts';

export function watchServices({ informers }: Context, enqueue: (key: string) => void): void {
  informers.of(services).onChange((key) => enqueue(key));
  informers.of(pods).onChange((_, pod, old) => {
    if (pod && old && endpointFace(pod) === endpointFace(old)) return;
    const namespace = (pod ?? old)?.metadata?.namespace ?? '';
    const isOf = (each: Pod | undefined) => each !== undefined;
    const seen = [pod, old].filter(isOf);
    for (const service of inNamespace(informers.of(services), namespace)) {
      if (seen.some((each) => isSelected(service, each!))) enqueue(keyOf(service));
    }
  });
}
