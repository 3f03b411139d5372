/** What goes on: kubectl's watches, its proxy, and its books, of both versions. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { startServer } from '../../apiserver/testing.ts';
import { kubectls, type Version } from '../helpers/shell-session.ts';
import { createStockClients } from '../helpers/stock-clients.ts';

async function start(t: ExecutionContext, version: Version) {
  const server = await startServer(t);
  const clients = createStockClients(t, server);
  const program = version === '1.20' ? 'oldKubectl' : 'kubectl';
  const run = async (...words: string[]) => {
    const { code, out, err } = await clients.run(program, words);
    if (code !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${code}: ${err}${out}`);
    return out;
  };
  const follow = (...words: string[]) => {
    const env = { KUBECONFIG: clients.kubeconfig, HOME: clients.folder };
    const child = spawn(kubectls[version], words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    return { child, saw: reader(child) };
  };
  return { run, follow };
}

/** Resolves with all that was printed once it fits. */
function reader(child: ChildProcess) {
  let text = '';
  const add = (data: Buffer) => {
    text += data;
    child.emit('more');
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return async (want: RegExp): Promise<string> => {
    while (!want.test(text)) await once(child, 'more', { signal: AbortSignal.timeout(30_000) });
    return text;
  };
}

for (const version of Object.keys(kubectls) as Version[]) {
  const title = `apiserver A36, A38: kubectl ${version} get --watch and --watch-only show each change once`;
  test(title, async (t) => {
    const { run, follow } = await start(t, version);
    await run('create', 'configmap', 'a');
    const all = follow('get', 'configmaps', '--watch', '--output-watch-events');
    const names = follow('get', 'configmaps', '-w', '-o', 'name');
    await Promise.all([all.saw(/ADDED +a /), names.saw(/configmap\/a/)]);
    const fresh = follow('get', 'configmaps', '--watch-only', '-o', 'name');
    const one = follow('get', 'configmap', 'a', '-w', '-o', 'jsonpath={.data.x}\n');
    await one.saw(/^\n/);
    await run('create', 'configmap', 'b');
    await all.saw(/ADDED +b /);
    await run('patch', 'configmap', 'a', '-p', '{"data":{"x":"one"}}');
    await one.saw(/one/);
    await run('delete', 'configmap', 'b');
    const printed = await all.saw(/DELETED +b /);
    const events = printed.match(/^(?:ADDED|MODIFIED|DELETED) +\S+/gm)?.map((e) => e.split(/ +/));
    const own = events?.filter(([, name]) => name === 'a' || name === 'b').map((e) => e.join(' '));
    t.deepEqual(own, ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    await run('create', 'configmap', 'last');
    // It may have begun after `b`: but it never shows what was there before.
    t.notRegex((await fresh.saw(/configmap\/last/)).split('\n')[0]!, /^configmap\/a$/);
    const ends = [all, names, fresh, one].map(({ child }) => once(child, 'exit'));
    for (const { child } of [all, names, fresh, one]) child.kill('SIGINT');
    await Promise.all(ends);
  });

  test(`apiserver A4: kubectl ${version} explains each kind, to its last field`, async (t) => {
    const { run } = await start(t, version);
    const lines = (await run('api-resources', '--no-headers')).trim().split('\n');
    const kinds = lines.map((line) => {
      // NAME, perhaps SHORTNAMES, APIVERSION, NAMESPACED, KIND
      const words = line.trim().split(/ +/);
      return { name: words[0]!, version: words.at(-3)!, kind: words.at(-1)! };
    });
    t.true(kinds.length > 60, String(kinds.length));
    const wrong: string[] = [];
    const look = async ({ name, version: apiVersion, kind }: (typeof kinds)[number]) => {
      const words = [name, `--api-version=${apiVersion}`, '--recursive'];
      const text = await run('explain', ...words).catch(String);
      const isRight = new RegExp(`^KIND: +${kind}$`, 'm').test(text) && /^ +metadata\t/m.test(text);
      if (!isRight) wrong.push(`${name}: ${text.slice(0, 300)}`);
    };
    const left = [...kinds];
    const work = async () => {
      for (let next = left.pop(); next; next = left.pop()) await look(next);
    };
    await Promise.all([work(), work(), work()]);
    t.deepEqual(wrong, []);
    const deep = 'pods.spec.containers.livenessProbe.httpGet.port';
    t.regex(await run('explain', deep), /FIELD: +port/);
    t.regex(await run('explain', 'deployment.spec.strategy', '--recursive'), /maxSurge\t<.*>/);
    t.regex(await run('explain', 'pod.nothing').catch(String), /field "nothing" does not exist/);
  });

  test(`kubectl ${version} proxy passes requests, watches and refusals on`, async (t) => {
    const { run, follow } = await start(t, version);
    const { saw } = follow('proxy', '--port=0', '--reject-paths=^/api/v1/namespaces/x');
    const [, url] = /(127\.0\.0\.1:\d+)/.exec(await saw(/Starting to serve on/))!;
    const answer = await fetch(`http://${url}/api/v1/namespaces/default`);
    t.regex(await answer.text(), /"name":"default"/);
    t.is((await fetch(`http://${url}/api/v1/namespaces/x`)).status, 403);
    const path = '/api/v1/namespaces/default/configmaps';
    const stop = new AbortController();
    const watch = await fetch(`http://${url}${path}?watch=true&timeoutSeconds=30`, {
      signal: stop.signal,
    });
    const body = watch.body!.pipeThrough(new TextDecoderStream()).getReader();
    await run('create', 'configmap', 'seen');
    let text = '';
    while (!text.includes('"name":"seen"')) text += (await body.read()).value;
    stop.abort();
    await body.cancel().catch(() => {});
    t.pass();
  });
}
