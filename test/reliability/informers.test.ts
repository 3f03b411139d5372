/**
 * @kubernetes/client-node, as operators use it, while its API server is killed and stopped again and
 * again: informers miss nothing and are told nothing twice, and of three candidates one leads.
 * 25 s in an ordinary run; WHERRY_INFORMER_SECONDS=600 goes on for ten minutes.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  V1MicroTime,
  Watch,
} from '@kubernetes/client-node';
import test from 'ava';
import { type ApiProcess, createApiProcess } from '../helpers/api-process.ts';

const seconds = Number(process.env.WHERRY_INFORMER_SECONDS ?? 25);
const namespace = 'default';

/** One watch, and what the server sent in it, before the library looked at it. */
interface Stream {
  readonly after: number;
  readonly revisions: number[];
}

const streams = new WeakMap<Watch, Stream[]>();
const streamsOf = (watch: Watch) => {
  const known = streams.get(watch) ?? [];
  streams.set(watch, known);
  return known;
};
const plainWatch = Watch.prototype.watch;
Watch.prototype.watch = function (path, query, callback, done) {
  const stream: Stream = { after: Number(query?.resourceVersion), revisions: [] };
  streamsOf(this).push(stream);
  const note: typeof callback = (type, object, whole) => {
    const revision = Number(object.metadata?.resourceVersion);
    if (type !== 'BOOKMARK') stream.revisions.push(type === 'ERROR' ? Number.NaN : revision);
    callback(type, object, whole);
  };
  return plainWatch.call(this, path, query, note, done);
};

/** An informer, and what it told its user. */
class Follower<T extends KubernetesObject> {
  /** uid → version, as the user would keep it. */
  readonly cache = new Map<string, number>();
  readonly told: string[] = [];
  readonly wrong: string[] = [];
  lists = 0;
  reconnects = 0;
  /** Of the first list; of all that comes later it has to be told. */
  since = 0;
  readonly #informer: ReturnType<typeof makeInformer<T>>;
  #isStopped = false;

  constructor(config: KubeConfig, path: string, list: () => Promise<KubernetesListObject<T>>) {
    this.#informer = makeInformer(config, path, async () => {
      const answer = await list();
      this.lists += 1;
      this.since ||= Number(answer.metadata?.resourceVersion);
      return answer;
    });
    for (const type of ['add', 'update', 'delete'] as const) {
      this.#informer.on(type, (object) => this.#note(type, object));
    }
    this.#informer.on('connect', () => {
      this.reconnects += 1;
    });
    this.#informer.on('error', () => this.#startAgain());
  }

  start = () => this.#informer.start();
  stop = () => {
    this.#isStopped = true;
    return this.#informer.stop();
  };
  seen = () => new Set(this.told.map((line) => line.split(' ')[2]));
  streams = () => streamsOf((this.#informer as unknown as { readonly watch: Watch }).watch);

  /** Until it is stopped: else the test's process would go on asking a server that is gone. */
  #startAgain(): void {
    setTimeout(() => {
      if (!this.#isStopped) this.start().catch(() => this.#startAgain());
    }, 100);
  }

  #note(type: 'add' | 'update' | 'delete', object: T): void {
    const { name = '', uid = '', resourceVersion } = object.metadata ?? {};
    if ((type === 'add') === this.cache.has(uid)) this.wrong.push(`${type} ${name}`);
    if (type === 'delete') this.cache.delete(uid);
    else this.cache.set(uid, Number(resourceVersion));
    this.told.push(`${type} ${uid} ${resourceVersion}`);
  }
}

/** What was acknowledged: each version that came to be, and each object that went. */
interface Truth {
  readonly made: number[];
  readonly gone: string[];
  unanswered: number;
}

/** Asks until there is an answer; a refusal is one. Undefined: it was refused. */
async function insist<T>(truth: Truth, act: () => Promise<T>): Promise<T | undefined> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const { code } = error as { code?: number };
      if (typeof code === 'number' && code < 500) return undefined;
      truth.unanswered += 1;
      await sleep(50);
    }
  }
}

type Body = KubernetesObject & { metadata: { name: string } };

interface Verbs {
  create(body: Body): Promise<KubernetesObject>;
  replace(name: string, body: Body): Promise<KubernetesObject>;
  delete(name: string): Promise<unknown>;
  make(name: string, value: string): Body;
}

/** Makes, changes and deletes objects of its own, one after the other. */
async function write(verbs: Verbs, truth: Truth, isOver: () => boolean): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    const name = `x${turn % 7}`;
    const made = await insist(truth, () => verbs.create(verbs.make(name, `${turn}a`)));
    if (made) truth.made.push(Number(made.metadata?.resourceVersion));
    await sleep(10);
    const changed = await insist(truth, () => verbs.replace(name, verbs.make(name, `${turn}b`)));
    if (changed) truth.made.push(Number(changed.metadata?.resourceVersion));
    await sleep(10);
    if (turn % 3 === 0) continue;
    await insist(truth, () => verbs.delete(name));
    const uid = (changed ?? made)?.metadata?.uid;
    if (uid) truth.gone.push(uid);
  }
}

const leaseSeconds = 4;
const renewMs = 2_500;

/** Leads while it could renew its Lease lately, by client-go's rules. */
class Candidate {
  readonly name: string;
  terms = 0;
  renewals = 0;
  #until = 0;
  #record = '';
  #changedAt = 0;
  readonly #api: CoordinationV1Api;

  constructor(name: string, api: CoordinationV1Api) {
    this.name = name;
    this.#api = api;
  }

  leads = (now: number) => now < this.#until;

  /** @param others of whom none may lead when this one begins to */
  async run(others: () => Candidate[], isOver: () => boolean, wrong: string[]): Promise<void> {
    while (!isOver()) {
      const began = performance.now();
      const isHeld = await this.#tryHold().catch(() => false);
      const now = performance.now();
      if (isHeld && now < began + renewMs) {
        if (!this.leads(now)) this.terms += 1;
        this.renewals += 1;
        this.#until = began + renewMs;
        const rivals = others().filter((each) => each !== this && each.leads(now));
        for (const { name } of rivals) wrong.push(`${this.name} and ${name} lead`);
      }
      await sleep(200);
    }
  }

  async #tryHold(): Promise<boolean> {
    const target = { name: 'elected', namespace };
    const spec = {
      holderIdentity: this.name,
      leaseDurationSeconds: leaseSeconds,
      renewTime: new V1MicroTime(),
    };
    const lease = await this.#api.readNamespacedLease(target).catch((error) => {
      if (error.code === 404) return undefined;
      throw error;
    });
    if (!lease) {
      await this.#api.createNamespacedLease({ namespace, body: { metadata: target, spec } });
      return true;
    }
    const record = lease.metadata?.resourceVersion ?? '';
    if (record !== this.#record) {
      this.#record = record;
      this.#changedAt = performance.now();
    }
    const isOurs = lease.spec?.holderIdentity === this.name;
    const isFree = performance.now() > this.#changedAt + leaseSeconds * 1000;
    if (!isOurs && !isFree) return false;
    const body = { ...lease, spec };
    this.#record = (await this.#api.replaceNamespacedLease({ ...target, body })).metadata!
      .resourceVersion!;
    this.#changedAt = performance.now();
    return true;
  }
}

async function restart(api: ApiProcess, turn: number): Promise<void> {
  await api.kill(turn % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
  await sleep(Math.random() * 500);
  await api.start();
}

test('reliability E1, E5: informers and leader election of client-node over restarts of its server', async (t) => {
  t.timeout(120_000 + seconds * 2_000);
  const api = await createApiProcess();
  t.teardown(() => api.remove());
  await api.start();
  const config = new KubeConfig();
  config.loadFromFile(join(api.folder, 'admin.kubeconfig'));
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedServiceAccount({
    namespace,
    body: { metadata: { name: 'default' } },
  });
  const path = (plural: string) => `/api/v1/namespaces/${namespace}/${plural}`;
  const followers = {
    configmaps: new Follower(config, path('configmaps'), () =>
      core.listNamespacedConfigMap({ namespace }),
    ),
    pods: new Follower(config, path('pods'), () => core.listNamespacedPod({ namespace })),
  };
  const all = Object.values(followers);
  await Promise.all(all.map((each) => each.start()));
  t.teardown(() => Promise.all(all.map((each) => each.stop())));

  let over = false;
  const isOver = () => over;
  const truths = {
    configmaps: { made: [], gone: [], unanswered: 0 } as Truth,
    pods: { made: [], gone: [], unanswered: 0 } as Truth,
  };
  const writing = [
    write(
      {
        make: (name, value) => ({ metadata: { name }, data: { value } }) as Body,
        create: (body) => core.createNamespacedConfigMap({ namespace, body }),
        replace: (name, body) => core.replaceNamespacedConfigMap({ name, namespace, body }),
        delete: (name) => core.deleteNamespacedConfigMap({ name, namespace }),
      },
      truths.configmaps,
      isOver,
    ),
    write(
      {
        make: (name, value) => {
          const metadata = { name, labels: { value } };
          return { metadata, spec: { containers: [{ name: 'a', image: 'x' }] } } as Body;
        },
        create: (body) => core.createNamespacedPod({ namespace, body: body as never }),
        // A pod's spec has been filled in by then.
        replace: async (name, { metadata }) => {
          const body = await core.readNamespacedPod({ name, namespace });
          const changed = { ...body.metadata, labels: (metadata as { labels: object }).labels };
          return core.replaceNamespacedPod({
            name,
            namespace,
            body: { ...body, metadata: changed } as never,
          });
        },
        delete: (name) => core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 }),
      },
      truths.pods,
      isOver,
    ),
  ];
  const rivals: string[] = [];
  const candidates = ['ann', 'bob', 'eve'].map(
    (name) => new Candidate(name, config.makeApiClient(CoordinationV1Api)),
  );
  const running = candidates.map((each) => each.run(() => candidates, isOver, rivals));

  const end = performance.now() + seconds * 1000;
  let restarts = 0;
  for (; performance.now() < end; restarts++) {
    await sleep(2_000 + Math.random() * 1_000);
    await restart(api, restarts);
  }
  await sleep(6_000); // Time to reconnect: the library waits up to a second, and to elect.
  over = true;
  await Promise.all([...writing, ...running]);

  let [lost, missed, repeated] = [0, 0, 0];
  for (const kind of ['configmaps', 'pods'] as const) {
    const [follower, truth] = [followers[kind], truths[kind]];
    const { items } =
      kind === 'pods'
        ? await core.listNamespacedPod({ namespace })
        : await core.listNamespacedConfigMap({ namespace });
    const final = items
      .map(({ metadata }) => `${metadata?.uid} ${metadata?.resourceVersion}`)
      .sort();
    const cached = () => [...follower.cache].map(([uid, version]) => `${uid} ${version}`).sort();
    for (let turn = 0; turn < 100 && cached().join() !== final.join(); turn++) await sleep(100);
    t.deepEqual(cached(), final, `what the informer of ${kind} knows`);

    const seen = follower.seen();
    const late = truth.made.filter((revision) => revision > follower.since);
    const unseen = late.filter((revision) => !seen.has(String(revision)));
    const deleted = new Set(
      follower.told.filter((line) => line.startsWith('delete')).map((l) => l.split(' ')[1]),
    );
    const stillThere = truth.gone.filter((uid) => !deleted.has(uid));
    missed += unseen.length + stillThere.length;
    const newest = Math.max(0, ...[...follower.cache.values()]);
    lost += truth.made.filter(
      (revision) => revision > newest && !seen.has(String(revision)),
    ).length;
    repeated += follower.told.length - new Set(follower.told).size + follower.wrong.length;
    for (const { after, revisions } of follower.streams()) {
      const isNew = (revision: number, index: number) => revision > (revisions[index - 1] ?? after);
      repeated += revisions.filter((revision, index) => !isNew(revision, index)).length;
    }
    t.deepEqual(unseen.slice(0, 5), [], `acknowledged ${kind} that the informer was not told of`);
    t.deepEqual(stillThere.slice(0, 5), [], `${kind} whose end it was not told of`);
    t.deepEqual(follower.wrong.slice(0, 5), []);
    t.is(follower.lists, 1, 'it could always go on where it was');
    t.true(truth.made.length > 50);
    t.log(
      `${kind}: ${truth.made.length} versions and ${truth.gone.length} ends acknowledged, ` +
        `${truth.unanswered} without an answer, ${follower.told.length} events in ` +
        `${follower.streams().length} watches`,
    );
  }
  const [terms, renewals] = (['terms', 'renewals'] as const).map((key) =>
    candidates.reduce((sum, each) => sum + each[key], 0),
  );
  t.log(
    `${restarts} restarts in ${seconds} s: ${lost} lost, ${missed} missed, ${repeated} duplicated; ` +
      `${renewals} renewals in ${terms} terms, ${rivals.length} times two leaders`,
  );
  t.is(lost + missed + repeated, 0);
  t.deepEqual(rivals, []);
  t.true(renewals! > 10);
});
