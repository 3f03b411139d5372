import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { renderAllTypes } from './generate-types.ts';

const directory = join(import.meta.dirname, '../api/types');

test('api/types is what api/schema gives: run scripts/generate-types.ts', (t) => {
  const rendered = renderAllTypes();
  const names = readdirSync(directory).filter((name) => name.endsWith('.generated.ts'));
  t.deepEqual(names.sort(), [...rendered.keys()].sort());
  for (const [name, text] of rendered) t.is(readFileSync(join(directory, name), 'utf8'), text);
});
