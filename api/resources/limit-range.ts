import { createdColumn, nameColumn } from '../columns.ts';
import { copyEntries } from '../own.ts';
import type { Resource } from '../resource.ts';
import type { LimitRange, LimitRangeItem } from '../types/core-v1.generated.ts';
import { validateLimitRange } from '../validation/limit-range.ts';
import { allVerbs } from './verbs.ts';

export const limitRanges: Resource<LimitRange> = {
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [nameColumn, createdColumn],
  applyDefaults: ({ spec }) => {
    for (const item of spec?.limits ?? []) if (item.type === 'Container') defaultItem(item);
  },
  validate: validateLimitRange,
};

/** The maximum is the default, the default is requested, and where there is none the minimum. */
function defaultItem(item: LimitRangeItem): void {
  const limits = fillIn(item.default, item.max);
  const requests = fillIn(fillIn(item.defaultRequest, limits), item.min);
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

const fillIn = (amounts: Amounts = {}, others: Amounts = {}): Record<string, string> =>
  copyEntries([...Object.entries(others), ...Object.entries(amounts)]);

type Amounts = Readonly<Record<string, string>>;
