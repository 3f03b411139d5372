import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label } from '../names.ts';
import type { Toleration } from '../types/core-v1.generated.ts';
import type { RuntimeClass } from '../types/node-v1.generated.ts';
import { duplicateValue, problemsOf } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { checkLabels, clusterSubdomain, validateMetadata } from './metadata.ts';
import { checkToleration } from './pod-placement.ts';
import { checkResources } from './pod-resources.ts';
import { isSame } from './same.ts';

export function validateRuntimeClass(object: RuntimeClass, old: RuntimeClass | undefined) {
  const { handler, overhead, scheduling } = object;
  const causes = validateMetadata(object, old, clusterSubdomain);
  if (handler !== undefined)
    causes.push(...problemsOf('handler', handler, isDns1123Label(handler)));
  if (overhead) {
    causes.push(...checkResources({ limits: overhead.podFixed ?? {} }, 'overhead.podFixed'));
  }
  causes.push(
    ...checkLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'),
    ...checkTolerations(scheduling?.tolerations ?? [], 'scheduling.tolerations'),
    ...(old ? checkImmutable('handler', handler, old.handler) : []),
  );
  return causes;
}

function checkTolerations(tolerations: readonly Toleration[], path: string): StatusCause[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${path}[${index}]`;
    const isAgain = tolerations.slice(0, index).some((each) => isSame(each, toleration));
    return [
      ...checkToleration(toleration, at),
      ...(isAgain ? [duplicateValue(at, toleration)] : []),
    ];
  });
}
