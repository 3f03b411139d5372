import type { StatusCause } from '../../base/errors.ts';
import { isLabelValue, isQualifiedName } from '../names.ts';
import type { LabelSelector } from '../types/meta-v1.generated.ts';
import { forbiddenValue, problemsOf, requiredValue } from './cause.ts';
import { checkLabels } from './metadata.ts';

export function checkSelector(selector: LabelSelector, path: string): StatusCause[] {
  const causes = checkLabels(selector.matchLabels, `${path}.matchLabels`);
  for (const [index, { key, operator, values = [] }] of (
    selector.matchExpressions ?? []
  ).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const needsValues = operator === 'In' || operator === 'NotIn';
    if (needsValues && values.length === 0) {
      const detail = "must be specified when `operator` is 'In' or 'NotIn'";
      causes.push(requiredValue(`${at}.values`, detail));
    }
    if (!needsValues && values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      causes.push(forbiddenValue(`${at}.values`, detail));
    }
    causes.push(...problemsOf(`${at}.key`, key, isQualifiedName(key)));
    for (const [place, value] of values.entries()) {
      causes.push(...problemsOf(`${at}.values[${place}]`, value, isLabelValue(value)));
    }
  }
  return causes;
}
