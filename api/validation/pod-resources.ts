/** Amounts of CPU, memory and other resources. */
import type { StatusCause } from '../../base/errors.ts';
import { isQualifiedName } from '../names.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import type { ResourceRequirements } from '../types/core-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue } from './cause.ts';

type Amounts = Readonly<Record<string, string>>;

export function checkResources(
  { limits = {}, requests = {} }: ResourceRequirements,
  path: string,
): StatusCause[] {
  const causes = [
    ...checkAmounts(limits, `${path}.limits`),
    ...checkAmounts(requests, `${path}.requests`),
    ...checkContainerNames(limits, `${path}.limits`),
    ...checkContainerNames(requests, `${path}.requests`),
  ];
  for (const [name, amount] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    const isExtended = name.includes('/') || name.startsWith('hugepages-');
    if (limit === undefined) {
      if (isExtended) {
        causes.push(
          requiredValue(`${path}.limits`, `Limit must be set for non overcommitable resources`),
        );
      }
    } else if (isExtended && compareQuantities(amount, limit) !== 0) {
      const detail = `must be equal to ${name} limit of ${limit}`;
      causes.push(invalidValue(`${path}.requests`, amount, detail));
    } else if (compareQuantities(amount, limit) > 0) {
      const detail = `must be less than or equal to ${name} limit of ${limit}`;
      causes.push(invalidValue(`${path}.requests`, amount, detail));
    }
  }
  return causes;
}

/** Names and signs, for any list of resources. */
export function checkAmounts(amounts: Amounts = {}, path: string): StatusCause[] {
  return Object.entries(amounts).flatMap(([name, amount]) => {
    const field = `${path}[${name}]`;
    const causes = problemsOf(field, name, isQualifiedName(name));
    if (parseQuantity(amount).nano < 0n) {
      causes.push(invalidValue(field, amount, 'must be greater than or equal to 0'));
    }
    return causes;
  });
}

function checkContainerNames(amounts: Amounts, path: string): StatusCause[] {
  return Object.keys(amounts)
    .filter((name) => !name.includes('/') && !isStandard(name))
    .map((name) =>
      invalidValue(`${path}[${name}]`, name, 'must be a standard resource for containers'),
    );
}

const isStandard = (name: string) =>
  ['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-');
