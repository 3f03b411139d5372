import test from 'ava';
import fc from 'fast-check';
import {
  checkContainerId,
  checkIfName,
  parseCniArgs,
  parseNetworkConf,
  parseNetworkConfList,
} from './config.ts';
import { CniError } from './error.ts';

const throwsCode = (t: { is(a: unknown, b: unknown, m?: string): void }, code: number) => {
  return (what: string, call: () => unknown) => {
    try {
      call();
      t.is('no error', code, what);
    } catch (error) {
      t.is(error instanceof CniError ? error.code : error, code, what);
    }
  };
};

test('C9: container ids and interface names that could be paths are refused with code 4', (t) => {
  const refuse = throwsCode(t, 4);
  for (const id of ['', '../x', 'a/b', '.a', '-a', 'a b', 'a\n', 'a\0', 'ä']) {
    refuse(JSON.stringify(id), () => checkContainerId(id));
  }
  for (const name of ['', '.', '..', 'a/b', 'a:b', 'a b', 'a\tb', 'a\0', 'abcdefghijklmnop']) {
    refuse(JSON.stringify(name), () => checkIfName(name));
  }
  t.is(checkContainerId('a0_.-Z'), 'a0_.-Z');
  t.is(checkIfName('eth0.100@x'), 'eth0.100@x');
});

test('C10, C24, C29, C30: configurations that are wrong, each with its code', (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [6, ''],
    [6, '{'],
    [6, '[]'],
    [6, 'null'],
    [6, '{"cniVersion": 1, "name": "a", "type": "b"}'],
    [1, '{"cniVersion": "2.0.0", "name": "a", "type": "b"}'],
    [1, '{"cniVersion": "x", "name": "a", "type": "b"}'],
    [7, '{"type": "b"}'],
    [7, '{"name": "../a", "type": "b"}'],
    [7, '{"name": "a", "type": "../b"}'],
    [7, '{"name": "a"}'],
  ];
  for (const [code, text] of cases) throwsCode(t, code)(text, () => parseNetworkConf(text));
  t.is(parseNetworkConf('{"name": "a", "type": "b"}').cniVersion, '0.1.0');
});

test('C16, C18: of cniVersions the highest that is known counts', (t) => {
  const plugins = [{ type: 'b' }];
  const parse = (body: object) =>
    parseNetworkConfList(JSON.stringify({ name: 'a', plugins, ...body }));
  t.is(
    parse({ cniVersion: '0.4.0', cniVersions: ['9.0.0', '1.0.0', '0.3.1'] }).cniVersion,
    '1.0.0',
  );
  t.is(parse({ cniVersion: '1.1.0', cniVersions: ['0.4.0'] }).cniVersion, '1.1.0');
  throwsCode(t, 1)('none is known', () => parse({ cniVersions: ['9.0.0'] }));
  t.true(parse({ disableCheck: 'true' }).disableCheck);
  throwsCode(t, 7)('no flag', () => parse({ disableGC: 'yes' }));
  throwsCode(t, 7)('no plugins', () => parse({ plugins: [] }));
  throwsCode(t, 7)('a hostile type', () => parse({ plugins: [{ type: '../x' }] }));
});

test('C17: plugins of the folder follow, unless only inlined ones are wanted', (t) => {
  const folder = (name: string) => [`{"type": "from-${name}"}`];
  const text = (more: object) => JSON.stringify({ name: 'a', plugins: [{ type: 'b' }], ...more });
  const types = (more: object) =>
    parseNetworkConfList(text(more), folder).plugins.map(({ type }) => type);
  t.deepEqual(types({}), ['b', 'from-a']);
  t.deepEqual(types({ loadOnlyInlinedPlugins: true }), ['b']);
});

test('a file of one plugin is a list of one', (t) => {
  const { plugins, name } = parseNetworkConfList('{"name": "a", "type": "b", "mtu": 5}');
  t.is(name, 'a');
  t.like(plugins[0], { type: 'b', mtu: 5 });
});

test('C21: CNI_ARGS', (t) => {
  const args = parseCniArgs('IgnoreUnknown=1;K8S_POD_NAME=web=0;;');
  t.deepEqual(
    [...args],
    [
      ['IgnoreUnknown', '1'],
      ['K8S_POD_NAME', 'web=0'],
    ],
  );
  throwsCode(t, 4)('no pair', () => parseCniArgs('a;b=c'));
});

test('any text gives a configuration or a CniError', (t) => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        name: fc.oneof(fc.constant('a'), fc.jsonValue()),
        type: fc.oneof(fc.constant('b'), fc.jsonValue()),
        cniVersion: fc.oneof(fc.constant('1.0.0'), fc.jsonValue()),
        plugins: fc.jsonValue(),
        cniVersions: fc.jsonValue(),
      })
      .map((body) => JSON.stringify(body)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const parse of [parseNetworkConf, parseNetworkConfList]) {
        try {
          parse(text);
        } catch (error) {
          t.true(error instanceof CniError, String(error));
        }
      }
    }),
    { numRuns: 1000 },
  );
});
