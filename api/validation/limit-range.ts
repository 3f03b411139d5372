import type { StatusCause } from '../../base/errors.ts';
import { isQualifiedName } from '../names.ts';
import { compareQuantities, quantityValue } from '../quantity.ts';
import type { LimitRange, LimitRangeItem } from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
} from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkContainerResourceName, checkResourceName, mayOvercommit } from './resource-names.ts';

const types = ['Pod', 'Container', 'PersistentVolumeClaim'];

export function validateLimitRange(range: LimitRange, old: LimitRange | undefined): StatusCause[] {
  const causes = validateMetadata(range, old, namespacedSubdomain);
  const seen = new Set<string>();
  for (const [index, item] of (range.spec?.limits ?? []).entries()) {
    const at = `spec.limits[${index}]`;
    causes.push(...checkType(item.type, `${at}.type`));
    if (seen.has(item.type)) causes.push(duplicateValue(`${at}.type`, item.type));
    seen.add(item.type);
    causes.push(...checkNames(item, at), ...checkOrder(item, at));
  }
  return causes;
}

function checkType(type: string, field: string): StatusCause[] {
  const causes = problemsOf(field, type, isQualifiedName(type));
  if (type.includes('/') || types.includes(type)) return causes;
  return [...causes, invalidValue(field, type, 'must be a standard limit type or fully qualified')];
}

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function checkNames(item: LimitRangeItem, at: string): StatusCause[] {
  const isOfContainers = item.type === 'Pod' || item.type === 'Container';
  const check = isOfContainers ? checkContainerResourceName : checkResourceName;
  const causes: StatusCause[] = [];
  for (const list of lists) {
    const amounts = Object.keys(item[list] ?? {});
    if (item.type === 'Pod' && list.startsWith('default')) {
      const detail = "may not be specified when `type` is 'Pod'";
      if (amounts.length > 0) causes.push(forbiddenValue(`${at}.${list}`, detail));
    } else causes.push(...amounts.flatMap((name) => check(name, `${at}.${list}[${name}]`)));
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.storage && !item.max?.storage) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    causes.push(requiredValue(`${at}.limits`, detail));
  }
  return causes;
}

/** The minimum, then what is requested by default, then the default limit, then the maximum. */
function checkOrder(item: LimitRangeItem, at: string): StatusCause[] {
  const names = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})));
  return [...names].flatMap((name) => {
    const of = (list: (typeof lists)[number]) => ownAmount(item[list], name);
    const [min, max, limit, request] = [of('min'), of('max'), of('default'), of('defaultRequest')];
    const field = (list: string) => `${at}.${list}[${name}]`;
    const rules: Rule[] = [
      { low: ['min value', min], high: ['max value', max], field: field('min'), shown: min },
      {
        low: ['min value', min],
        high: ['default request value', request],
        field: field('defaultRequest'),
        shown: request,
      },
      {
        low: ['default request value', request],
        high: ['max value', max],
        field: field('defaultRequest'),
        shown: request,
      },
      {
        low: ['default request value', request],
        high: ['default limit value', limit],
        field: field('defaultRequest'),
        shown: request,
      },
      {
        low: ['min value', min],
        high: ['default value', limit],
        field: field('default'),
        shown: min,
      },
      {
        low: ['default value', limit],
        high: ['max value', max],
        field: field('default'),
        shown: max,
      },
    ];
    const ratio = checkRatio(
      of('maxLimitRequestRatio'),
      { min, max },
      field('maxLimitRequestRatio'),
    );
    const causes = [...rules.flatMap(checkRule), ...ratio];
    if (!mayOvercommit(name) && limit && request && compareQuantities(limit, request) !== 0) {
      const detail = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
      causes.push(invalidValue(field('defaultRequest'), request, detail));
    }
    return causes;
  });
}

type Named = readonly [name: string, amount: string | undefined];

interface Rule {
  readonly low: Named;
  readonly high: Named;
  readonly field: string;
  readonly shown: string | undefined;
}

function checkRule({ low, high, field, shown }: Rule): StatusCause[] {
  const [lowName, lowAmount] = low;
  const [highName, highAmount] = high;
  if (lowAmount === undefined || highAmount === undefined) return [];
  if (compareQuantities(lowAmount, highAmount) <= 0) return [];
  const detail = `${lowName} ${lowAmount} is greater than ${highName} ${highAmount}`;
  return [invalidValue(field, shown, detail)];
}

function checkRatio(
  ratio: string | undefined,
  { min, max }: { readonly min: string | undefined; readonly max: string | undefined },
  field: string,
): StatusCause[] {
  if (ratio === undefined) return [];
  const causes: StatusCause[] = [];
  if (compareQuantities(ratio, '1') < 0) {
    causes.push(invalidValue(field, ratio, `ratio ${ratio} is less than 1`));
  }
  if (min === undefined || max === undefined) return causes;
  const largest = quantityValue(max) / quantityValue(min);
  if (quantityValue(ratio) <= largest) return causes;
  const detail = `ratio ${ratio} is greater than max/min = ${largest.toFixed(6)}`;
  return [...causes, invalidValue(field, ratio, detail)];
}

const ownAmount = (amounts: Readonly<Record<string, string>> | undefined, name: string) =>
  amounts && Object.hasOwn(amounts, name) ? amounts[name] : undefined;
