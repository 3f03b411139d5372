/**
 * The architecture, as a test: who may import whom, what is pure, and how big a file may get.
 * ARCHITECTURE.md shows the same table; the last test compares them.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

/** Each room, and the rooms it may import. All others meet it only through the API server. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ['base'],
  native: ['base'],
  store: ['base', 'api'],
  client: ['base', 'api'],
  apiserver: ['base', 'api', 'store'],
  scheduler: ['base', 'api', 'client'],
  controllers: ['base', 'api', 'client'],
  cni: ['base', 'native'],
  agent: ['base', 'api', 'client', 'native', 'cni'],
  proxy: ['base', 'api', 'client', 'native'],
  dns: ['base', 'api', 'client'],
  cli: ['base', 'api', 'client', 'native'],
};
/** Everything that composes or judges may import every room; nobody imports it. */
const observers = ['test', 'bench', 'scripts', 'examples'];
const linesMax = 400;

interface Import {
  readonly from: string;
  readonly path: string; // Resolved, for our own files.
  readonly room: string | undefined;
}

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const isTest = ({ path }: Source) => path.endsWith('.test.ts') || path.startsWith('test/');
const isGenerated = ({ path }: Source) => path.endsWith('.generated.ts');
const isObserver = ({ room }: Source) => observers.includes(room);
const isMain = ({ path }: Source) => path.endsWith('/main.ts');
/** Pure files only compute: same input, same output. */
const isPure = (source: Source) =>
  /^api\/|\/(plan|render)[^/]*\.ts$/.test(source.path) && !isTest(source);

/** What a room lets others import where it is not the whole room. */
const faces: Readonly<Record<string, RegExp>> = {
  native: /^native\/(index|run|netlink|nftables|conntrack|bpf)\.ts$/,
  cni: /^cni\/index\.ts$/,
};

/** Each rule returns what is wrong with one file, or nothing. */
const rules: ((source: Source) => string[])[] = [
  function respectsRooms(source) {
    if (isObserver(source) || isTest(source)) return [];
    const allowed = rooms[source.room] ?? [];
    return source.imports
      .filter(({ room }) => room !== undefined && room !== source.room && !allowed.includes(room))
      .filter(({ path }) => !(source.room === 'cli' && isFace(path)))
      .map(({ from }) => `${source.room}/ must not import ${from}`);
  },
  function usesTheFace(source) {
    if (isObserver(source) || isTest(source)) return [];
    return source.imports
      .filter(({ room, path }) => room && room !== source.room && faces[room]?.test(path) === false)
      .map(({ from, room }) => `${from} is inside ${room}/: import its index`);
  },
  function keepsPure(source) {
    if (!isPure(source)) return [];
    return source.imports
      .filter(({ from, room }) => from.startsWith('node:') || room === 'native')
      .map(({ from }) => `a pure file must not import ${from}`);
  },
  function leavesTheProcessToMain(source) {
    if (isMain(source) || isTest(source) || isObserver(source)) return [];
    return /process\.(env|argv|exit)\b/.test(source.text)
      ? ['only main.ts may read process.env or process.argv, or exit']
      : [];
  },
  function staysSmall(source) {
    const lines = source.text.split('\n').length - 1;
    return !isTest(source) && !isGenerated(source) && lines > linesMax
      ? [`${lines} lines, at most ${linesMax}: split it`]
      : [];
  },
  function loadsTheAddonOnce(source) {
    return /(require|dlopen)\([^)]*\.node['"`]/.test(source.text) &&
      !source.path.startsWith('native/') &&
      !isTest(source)
      ? ['only native/ may load the addon']
      : [];
  },
];

/** `up` and its kin start rooms by their main.ts, and call what a room's index offers. */
const isFace = (path: string) =>
  /^[a-z]+\/(main|index|cleanup)\.ts$|^agent\/images\/index\.ts$/.test(path);

const folders = [...Object.keys(rooms), ...observers];
const sources = globSync(`{${folders.join(',')}}/**/*.ts`)
  .sort()
  .map(read);

test('tidy reads the whole tree', (t) => {
  t.true(sources.length > 100, 'a check that reads nothing must not pass');
});

test('tidy knows every top-level folder that holds code', (t) => {
  const found = globSync('*/**/*.ts', { exclude: ['node_modules', 'build', 'dist'] });
  const unknown = new Set(
    found.map((path) => path.split('/')[0]!).filter((top) => !folders.includes(top)),
  );
  t.deepEqual([...unknown], []);
});

test('every file keeps to the rules of the house', (t) => {
  const problems = sources.flatMap((source) =>
    rules.flatMap((rule) => rule(source).map((problem) => `${source.path}: ${problem}`)),
  );
  t.deepEqual(problems, []);
});

for (const room of Object.keys(rooms)) {
  test(`${room}/ has a README of at most 20 lines`, (t) => {
    const lines = readFileSync(`${room}/README.md`, 'utf8').trimEnd().split('\n').length;
    t.true(lines <= 20, `${lines} lines`);
  });
}

test('ARCHITECTURE.md shows the same table of who may import whom', (t) => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  for (const [room, allowed] of Object.entries(rooms)) {
    const row = new RegExp(`^\\| ${room} \\| ${allowed.join(', ') || '–'} \\|`, 'm');
    t.regex(text, row);
  }
});

test('every file that ARCHITECTURE.md walks through is there', (t) => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  const paths = text.match(new RegExp(`^ *(${folders.join('|')})/[a-z0-9/.-]+`, 'gm')) ?? [];
  t.true(paths.length > 30);
  t.deepEqual(
    paths.map((path) => path.trim()).filter((path) => !existsSync(path)),
    [],
  );
});

test('native builds the same sources with cmake-js and with node-gyp', (t) => {
  const cmake = readFileSync('CMakeLists.txt', 'utf8');
  const gyp = readFileSync('binding.gyp', 'utf8');
  const folder = /native\/[a-z]+(?=\/\*\.cc|\)|\/pause\.c)/g;
  const foldersOf = (list: string) => [...new Set(list.match(folder))].sort();
  t.deepEqual(foldersOf(cmake), foldersOf(gyp));
});

function read(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const imports = [...text.matchAll(/\b(?:from|import\() ?'(.+?)'/g)].map((match) => {
    const from = match[1]!;
    const target = from.startsWith('.') ? join(path, '..', from) : '';
    return { from, path: target, room: target.includes('/') ? target.split('/')[0] : undefined };
  });
  return { path, room: path.split('/')[0]!, text, imports };
}
