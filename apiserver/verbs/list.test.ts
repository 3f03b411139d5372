/** Which state a list or get shows, and how it is told in pages. */
import test, { type ExecutionContext } from 'ava';
import { type Answer, config, configs, shareStore, startServer } from '../testing.ts';

const names = ({ body }: Answer): string[] =>
  body.items.map((each: { metadata: { name: string } }) => each.metadata.name);

/** ConfigMaps a and b, then the revision between, then c. */
async function startWith(t: ExecutionContext) {
  const server = await startServer(t);
  const { ask } = server;
  await ask(`POST ${configs}`, config('a'));
  const b = await ask(`POST ${configs}`, config('b'));
  const c = await ask(`POST ${configs}`, config('c'));
  return {
    ...server,
    middle: Number(b.body.metadata.resourceVersion),
    newest: Number(c.body.metadata.resourceVersion),
  };
}

test('apiserver A31: the table of resourceVersion, match, limit and continue', async (t) => {
  const { ask, middle, newest } = await startWith(t);
  const cases: readonly [query: string, want: string][] = [
    ['', 'a b c'],
    ['resourceVersion=0', 'a b c'],
    [`resourceVersion=${middle}`, 'a b c'],
    ['limit=2', 'a b + 1'],
    ['limit=2&resourceVersion=0', 'a b c'],
    [`limit=2&resourceVersion=${middle}`, 'a b'],
    [`limit=1&resourceVersion=${middle}`, 'a + 1'],
    [`resourceVersion=${middle}&resourceVersionMatch=Exact`, 'a b'],
    [`limit=2&resourceVersion=${middle}&resourceVersionMatch=Exact`, 'a b'],
    [`resourceVersion=${middle}&resourceVersionMatch=NotOlderThan`, 'a b c'],
    [`limit=2&resourceVersion=${middle}&resourceVersionMatch=NotOlderThan`, 'a b + 1'],
    ['resourceVersion=0&resourceVersionMatch=NotOlderThan', 'a b c'],
    ['limit=2&resourceVersion=0&resourceVersionMatch=NotOlderThan', 'a b + 1'],
    ['resourceVersionMatch=Exact', '422'],
    ['resourceVersionMatch=NotOlderThan', '422'],
    ['resourceVersion=0&resourceVersionMatch=Exact', '422'],
    [`resourceVersion=${middle}&resourceVersionMatch=Nearly`, '422'],
    ['sendInitialEvents=true', '422'],
    ['resourceVersion=x', '400'],
    ['limit=-1', '400'],
  ];
  for (const [query, want] of cases) {
    const answer = await ask(`GET ${configs}?${query}`);
    t.is(show(answer), want, query);
    const { resourceVersion } = answer.body.metadata;
    if (want === 'a b') t.is(resourceVersion, String(middle), query);
    if (want === 'a b c') t.true(Number(resourceVersion) >= newest, query);
  }
});

/** `a b + 1`: the names, and how many more there are. */
function show(answer: Answer): string {
  if (answer.code !== 200) return String(answer.code);
  const { remainingItemCount, continue: token } = answer.body.metadata;
  const more = token === undefined ? '' : ` + ${remainingItemCount}`;
  return names(answer).join(' ') + more;
}

test('apiserver A31: a continue token goes with no revision but 0, and with no match', async (t) => {
  const { ask, middle } = await startWith(t);
  const token = (await ask(`GET ${configs}?limit=2`)).body.metadata.continue;
  const next = (query: string) => ask(`GET ${configs}?continue=${token}${query}`);
  t.is(show(await next('')), 'c');
  t.is(show(await next('&resourceVersion=0')), 'c');
  t.is((await next(`&resourceVersion=${middle}`)).code, 400);
  t.is((await next('&resourceVersion=0&resourceVersionMatch=NotOlderThan')).code, 422);
  const { body } = await next('&resourceVersionMatch=Exact');
  t.regex(body.message, /^ListOptions\.meta\.k8s\.io "" is invalid: \[resourceVersionMatch: Forb/);
});

test('apiserver A30: get shows the newest, what is here, or what is not older', async (t) => {
  const { ask, middle, newest } = await startWith(t);
  for (const query of ['', 'resourceVersion=0', `resourceVersion=${middle}`]) {
    t.is((await ask(`GET ${configs}/c?${query}`)).code, 200, query);
  }
  const ahead = await ask(`GET ${configs}/c?resourceVersion=${newest + 1000}&timeout=100ms`);
  t.is(ahead.code, 504);
});

test('apiserver A29: resourceVersions are numbers that grow with each write', async (t) => {
  const { ask, middle, newest } = await startWith(t);
  const changed = await ask(`PUT ${configs}/a`, config('a', { x: '1' }));
  t.true(middle < newest && newest < Number(changed.body.metadata.resourceVersion));
});

test('apiserver A32: pages are one state, though the objects change between', async (t) => {
  const { ask } = await startServer(t);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await ask(`POST ${configs}`, config(name));
  const first = await ask(`GET ${configs}?limit=2`);
  await ask(`DELETE ${configs}/c`);
  await ask(`POST ${configs}`, config('cc'));
  await ask(`PUT ${configs}/d`, config('d', { x: '1' }));
  const second = await ask(`GET ${configs}?limit=2&continue=${first.body.metadata.continue}`);
  t.deepEqual(names(second), ['c', 'd']);
  t.deepEqual(second.body.items[1].data, {});
  t.is(second.body.metadata.remainingItemCount, 2);
  const third = await ask(`GET ${configs}?limit=2&continue=${second.body.metadata.continue}`);
  t.deepEqual(names(third), ['e', 'f']);
  t.is(third.body.metadata.continue, undefined);
  t.is(third.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
});

test('apiserver A33: an expired token is answered with 410 and one to go on with', async (t) => {
  const { ask, store } = await startServer(t);
  for (const name of ['a', 'b', 'c', 'd']) await ask(`POST ${configs}`, config(name));
  const first = await ask(`GET ${configs}?limit=2`);
  await ask(`DELETE ${configs}/c`);
  await ask(`POST ${configs}`, config('e'));
  await store.compact(await store.currentRevision());
  const expired = await ask(`GET ${configs}?limit=2&continue=${first.body.metadata.continue}`);
  t.is(expired.code, 410);
  t.is(expired.body.reason, 'Expired');
  t.regex(expired.body.message, /^The provided continue parameter is too old/);
  const rest = await ask(`GET ${configs}?continue=${expired.body.metadata.continue}`);
  t.deepEqual(names(rest), ['d', 'e'], 'what is now, from where the first page ended');
  const exact = `resourceVersion=${first.body.metadata.resourceVersion}&resourceVersionMatch=Exact`;
  const old = await ask(`GET ${configs}?${exact}`);
  t.is(old.code, 410);
  t.is(old.body.message, 'The resourceVersion for the provided list is too old.');
});

test('apiserver A34: remainingItemCount is told, but not with selectors', async (t) => {
  const { ask } = await startWith(t);
  t.is((await ask(`GET ${configs}?limit=1`)).body.metadata.remainingItemCount, 2);
  const some = await ask(`GET ${configs}?limit=1&fieldSelector=metadata.name!=a`);
  t.deepEqual(names(some), ['b']);
  t.truthy(some.body.metadata.continue);
  t.false('remainingItemCount' in some.body.metadata);
});

test('apiserver A35: a revision from the future is 504 with when to try again', async (t) => {
  const { ask, newest } = await startWith(t);
  const { code, body, headers } = await ask(`GET ${configs}?resourceVersion=${newest + 1000}`);
  t.is(code, 504);
  t.is(body.reason, 'Timeout');
  t.regex(body.message, /^Too large resource version: \d+, current: \d+$/);
  t.is(body.details.causes[0].reason, 'ResourceVersionTooLarge');
  t.is(headers['retry-after'], '1');
});

test('apiserver A43: a list shows every write that was answered before, of whichever server', async (t) => {
  const { ask, store } = await startServer(t);
  const other = await startServer(t, { store: shareStore(store) });
  for (const name of ['a', 'b', 'c']) {
    await other.ask(`POST ${configs}`, config(name));
    t.is(names(await ask(`GET ${configs}`)).at(-1), name);
    await other.ask(`DELETE ${configs}/${name}`);
    t.is((await ask(`GET ${configs}/${name}`)).code, 404);
  }
});

test('apiserver A45: what was is listed until it is compacted', async (t) => {
  const { ask, store, middle } = await startWith(t);
  await ask(`DELETE ${configs}/a`);
  const at = (revision: number) =>
    ask(`GET ${configs}?resourceVersion=${revision}&resourceVersionMatch=Exact`);
  t.deepEqual(names(await at(middle)), ['a', 'b']);
  t.deepEqual(names(await at(middle - 1)), ['a']);
  await store.compact(await store.currentRevision());
  t.is((await at(middle)).code, 410);
});

test('apiserver A48: label selectors', async (t) => {
  const { ask } = await startServer(t);
  for (const [name, labels] of [
    ['a', { tier: 'front', x: '' }],
    ['b', { tier: 'back' }],
    ['c', {}],
  ] as const) {
    await ask(`POST ${configs}`, { ...config(name), metadata: { name, labels } });
  }
  const cases: readonly [selector: string, want: string][] = [
    ['tier=front', 'a'],
    ['tier==back', 'b'],
    ['tier!=front', 'b c'],
    ['tier in (front,back)', 'a b'],
    ['tier notin (front)', 'b c'],
    ['tier', 'a b'],
    ['!tier', 'c'],
    ['tier,x', 'a'],
    ['x=', 'a'],
  ];
  for (const [selector, want] of cases) {
    const answer = await ask(`GET ${configs}?labelSelector=${encodeURIComponent(selector)}`);
    t.is(names(answer).join(' '), want, selector);
  }
  t.is((await ask(`GET ${configs}?labelSelector=a%20b`)).code, 400);
});

test('apiserver A49: field selectors by resource', async (t) => {
  const { ask } = await startServer(t);
  const pods = '/api/v1/namespaces/default/pods';
  for (const [name, nodeName] of [
    ['a', 'n1'],
    ['b', 'n2'],
    ['c', ''],
  ] as const) {
    const spec = { containers: [{ name: 'c', image: 'x' }], ...(nodeName && { nodeName }) };
    await ask(`POST ${pods}`, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
  }
  const cases: readonly [selector: string, want: string][] = [
    ['metadata.name=b', 'b'],
    ['metadata.name!=b', 'a c'],
    ['metadata.namespace=default,metadata.name=a', 'a'],
    ['metadata.namespace=other', ''],
    ['spec.nodeName=n1', 'a'],
    ['spec.nodeName=', 'c'],
    ['spec.nodeName!=n1,status.phase=Pending', 'b c'],
    ['status.phase!=Pending', ''],
    ['spec.restartPolicy=Always', 'a b c'],
  ];
  for (const [selector, want] of cases) {
    const answer = await ask(`GET ${pods}?fieldSelector=${encodeURIComponent(selector)}`);
    t.is(names(answer).join(' '), want, selector);
  }
  const bad = await ask(`GET ${pods}?fieldSelector=spec.hostname%3Dx`);
  t.is(bad.code, 400);
  t.regex(bad.body.message, /field label not supported: spec\.hostname/);
});

test('apiserver A51: an update of an older version is a conflict, one of no version is not', async (t) => {
  const { ask } = await startServer(t);
  const { body } = await ask(`POST ${configs}`, config('a'));
  const put = (version: string | undefined, value: string) => {
    const metadata = { name: 'a', ...(version !== undefined && { resourceVersion: version }) };
    return ask(`PUT ${configs}/a`, { ...config('a', { x: value }), metadata });
  };
  const { resourceVersion } = body.metadata;
  t.is((await put(resourceVersion, '1')).code, 200);
  const stale = await put(resourceVersion, '2');
  t.is(stale.code, 409);
  t.regex(stale.body.message, /please apply your changes to the latest version and try again$/);
  t.is((await put(undefined, '3')).body.data.x, '3');
  const race = await Promise.all([1, 2, 3, 4].map((each) => put(undefined, `r${each}`)));
  t.deepEqual(
    race.map(({ code }) => code),
    [200, 200, 200, 200],
    'they come one after the other',
  );
});
