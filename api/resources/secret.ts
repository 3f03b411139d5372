import { ageColumn, column, countColumn, nameColumn } from '../columns.ts';
import { copyEntries } from '../own.ts';
import type { Resource } from '../resource.ts';
import type { Secret } from '../types/core-v1.generated.ts';
import { validateSecret } from '../validation/config.ts';
import { allVerbs } from './verbs.ts';

export const secrets: Resource<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    column('Type', 'What it is for.', ({ type }) => type ?? ''),
    countColumn('Data', 'Number of keys.', ({ data = {} }) => Object.keys(data).length),
    ageColumn,
  ],
  fields: { type: ({ type }) => type ?? '' },
  applyDefaults: (draft) => {
    draft.type ||= 'Opaque';
    if (!draft.stringData) return;
    // Written only: what is read back is data.
    const encoded = Object.entries(draft.stringData).map(([key, text]) => [key, base64(text)]);
    draft.data = copyEntries([...Object.entries(draft.data ?? {}), ...(encoded as Pair[])]);
    delete draft.stringData;
  },
  validate: validateSecret,
};

type Pair = [string, string];

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
