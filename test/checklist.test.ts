/**
 * The checklists, as a test: each row that clients rely on is named by a test's title
 * (`apiserver A53, A54: …`), or told of in docs/gaps.md under "Rows without a test" with what
 * happens instead. Who adds a list here gives it a name, a letter and its last number.
 */
import { globSync, readFileSync } from 'node:fs';
import test from 'ava';

/** What a list is about, and how far its rows go. */
const lists: readonly { readonly name: string; readonly letter: string; readonly last: number }[] =
  [{ name: 'apiserver', letter: 'A', last: 122 }];

const files = globSync(['**/*.test.ts', 'test/api/stories/*.ts'], {
  exclude: ['node_modules', 'build', 'dist', 'test/checklist.test.ts'],
});
const sources = files.map((file) => readFileSync(file, 'utf8'));
const [, gaps = ''] = readFileSync('docs/gaps.md', 'utf8').split('## Rows without a test\n');

/** `apiserver A1, A2: …` in a string names both rows. */
function rowsInTitles(name: string, letter: string): Set<string> {
  const rows = `${letter}\\d+(?:(?:, | and )${letter}\\d+)*`;
  const titles = new RegExp(`['"\`]${name} (${rows}): `, 'g');
  const found = sources.flatMap((text) => [...text.matchAll(titles)].map((match) => match[1]!));
  return new Set(found.flatMap((each) => each.split(/, | and /)));
}

/** `| apiserver A1, A2 | what is missing | what happens instead |` */
function rowsInGaps(name: string): Set<string> {
  const lines = gaps.split('\n').filter((line) => line.startsWith(`| ${name} `));
  const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
  const told = cells.filter(([, , missing, instead]) => missing && instead);
  return new Set(told.flatMap(([, rows = '']) => rows.slice(name.length + 1).split(', ')));
}

for (const { name, letter, last } of lists) {
  const all = Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
  const [titles, told] = [rowsInTitles(name, letter), rowsInGaps(name)];

  test(`each row of the list ${name} has a test, or a line in docs/gaps.md`, (t) => {
    t.deepEqual(
      all.filter((row) => !titles.has(row) && !told.has(row)),
      [],
    );
  });

  test(`docs/gaps.md names no row of ${name} that has a test, or that isn't there`, (t) => {
    t.deepEqual(
      [...told].filter((row) => titles.has(row) || !all.includes(row)),
      [],
    );
  });

  test(`titles name only rows of ${name} that there are`, (t) => {
    t.deepEqual(
      [...titles].filter((row) => !all.includes(row)),
      [],
    );
  });
}

test('the checklists are held against the whole tree', (t) => {
  t.true(files.length > 200, String(files.length));
});
