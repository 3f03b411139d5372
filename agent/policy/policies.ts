/**
 * NetworkPolicies of this node's pods: follows the API, and puts each pod's rules in force before
 * the pod has anything that could send or answer.
 */
import { namespaces, networkPolicies, pods as podsResource } from '../../api/resources.ts';
import type { Namespace, Pod } from '../../api/types/core-v1.generated.ts';
import type { NetworkPolicy } from '../../api/types/networking-v1.generated.ts';
import type { Clock } from '../../base/clock.ts';
import { parseIp } from '../../base/ip-address.ts';
import type { Logger } from '../../base/log.ts';
import type { Running } from '../../base/running.ts';
import type { Client } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { Reconciler } from '../../client/reconciler.ts';
import { type Conntrack, openConntrack } from '../../native/conntrack.ts';
import {
  followNftables,
  type Nftables,
  openNftables,
  type RuleCounter,
} from '../../native/nftables.ts';
import type { SandboxRecord } from '../state.ts';
import { familyOf } from './layout.ts';
import { viewPod, viewRemotePod } from './plan-pod.ts';
import { planPolicy } from './plan-policy.ts';
import { PolicyRules, readDrops } from './sync.ts';
import { PolicyWorld } from './world.ts';

export interface PolicyDeps {
  /** May list and watch all pods, namespaces and policies. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pods of this node as the agent knows them, by `namespace/name`. */
  readonly localPods: Informer<Pod>;
}

export interface PolicyOptions {
  readonly instance: string;
  readonly bridge: string;
  readonly nodeName: string;
  /** Tests: the namespace that stands for the node's. */
  readonly netnsPath?: string;
}

export interface Policies extends Running {
  /** Sandboxes of an earlier agent. Rules are written once this is known, never before. */
  adopt(records: readonly SandboxRecord[]): void;
  /**
   * The sandbox has these addresses. Resolves when what its pod's policies say is in force; at once
   * where none selects it. Rejects when that takes too long: the pod must not start then.
   */
  admit(record: SandboxRecord, addresses: readonly string[]): Promise<void>;
  /** The sandbox has no address any more. */
  forget(record: SandboxRecord): void;
  /**
   * Ends the connections of the sandbox, in which nothing runs any more: the next pod with its
   * address must not be reached by what was established with this one. Never rejects.
   */
  endConnections(record: SandboxRecord): Promise<void>;
  /** Resolves when everything known so far is in the kernel. */
  written(): Promise<void>;
  drops(): Promise<RuleCounter[]>;
}

/** Changes come in groups; one look is enough for them. Repair is to take less than a second. */
const lookMs = 200;
const auditMs = 30_000;
/** The API server may be starting as we do. */
const patienceMs = 30_000;

export async function startPolicies(options: PolicyOptions, deps: PolicyDeps): Promise<Policies> {
  const { netnsPath } = options;
  const [nftables, conntrack] = await Promise.all([
    openNftables(netnsPath),
    openConntrack(netnsPath),
  ]);
  const world = new PolicyWorld();
  const rules = new PolicyRules({ ...options, ...deps, world, nftables });
  return new PolicyLoop(options, { ...deps, world, rules, nftables, conntrack });
}

type LoopDeps = PolicyDeps & {
  readonly world: PolicyWorld;
  readonly rules: PolicyRules;
  readonly nftables: Nftables;
  readonly conntrack: Conntrack;
};

interface Local {
  readonly record: SandboxRecord;
  readonly addresses: readonly string[];
}

class PolicyLoop implements Policies {
  readonly #options: PolicyOptions;
  readonly #deps: LoopDeps;
  readonly #stopping = new AbortController();
  readonly #reconciler: Reconciler;
  readonly #sandboxes = new Map<string, Local>(); // By the sandbox's id.
  readonly #adopted = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #waiting: (() => void)[] = [];
  #isReady = false;
  #isDirty = true;
  #isWriting = false;

  constructor(options: PolicyOptions, deps: LoopDeps) {
    this.#options = options;
    this.#deps = deps;
    const { clock, log } = deps;
    const { signal } = this.#stopping;
    const reconcile = (key: string) => this.#reconcile(key);
    this.#reconciler = new Reconciler({ clock, log, signal, reconcile, concurrency: 1 });
    void this.#begin();
  }

  adopt(records: readonly SandboxRecord[]): void {
    for (const record of records) {
      if (record.ips.length > 0) this.#put(record, record.ips);
    }
    this.#adopted.resolve();
  }

  async admit(record: SandboxRecord, addresses: readonly string[]): Promise<void> {
    this.#put(record, addresses);
    if (this.#isReady && !this.#isIsolated(record)) return;
    const { clock } = this.#deps;
    const done = new AbortController();
    const late = clock.sleep(patienceMs, done.signal).then(() => 'late' as const);
    try {
      const isInForce = this.#ready.promise.then(() => this.written());
      if ((await Promise.race([isInForce, late])) !== 'late') return;
    } finally {
      done.abort();
    }
    throw new Error('its network policies could not be put in force');
  }

  forget(record: SandboxRecord): void {
    if (!this.#sandboxes.delete(record.id)) return;
    this.#deps.world.setPod(keyOf(record), undefined, true);
    this.#touch();
  }

  async endConnections({ ips, name }: SandboxRecord): Promise<void> {
    const { conntrack, log } = this.#deps;
    try {
      for (const address of ips) {
        const family = familyOf(address);
        await conntrack.remove(family, await conntrack.listOf(family, parseIp(address)));
      }
    } catch (error) {
      log.error('Could not end the connections of a pod that is gone', error, { pod: name });
    }
  }

  written(): Promise<void> {
    if (!this.#isDirty && !this.#isWriting) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  drops(): Promise<RuleCounter[]> {
    return readDrops(this.#deps.nftables, this.#options.instance);
  }

  /** The rules stay: the pods do, too. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reconciler.idle();
    this.#deps.nftables.close();
    this.#deps.conntrack.close();
  }

  async #begin(): Promise<void> {
    const { localPods, log } = this.#deps;
    const { signal } = this.#stopping;
    const informers = this.#follow();
    for (const each of informers) each.start(signal);
    localPods.onChange((_key, pod) => pod && this.#labelsChanged(pod));
    await Promise.all([...informers, localPods].map(({ synced }) => synced));
    await this.#adopted.promise;
    if (signal.aborted) return;
    this.#isReady = true;
    this.#ready.resolve();
    this.#reconciler.enqueue('rules');
    this.#reconciler.enqueueAfter('audit', auditMs);
    const look = () => this.#reconciler.enqueueAfter('look', lookMs);
    followNftables(this.#options.netnsPath, look, signal).catch((error: unknown) => {
      log.error('Could not follow changes of the rules: audits go on', error);
    });
  }

  #follow(): Informer<never>[] {
    const { client, clock, log, world } = this.#deps;
    const deps = { clock, log };
    const elsewhere = { fieldSelector: `spec.nodeName!=${this.#options.nodeName}` };
    const remote = new Informer<Pod>(client, podsResource, elsewhere, deps);
    const spaces = new Informer<Namespace>(client, namespaces, {}, deps);
    const policies = new Informer<NetworkPolicy>(client, networkPolicies, {}, deps);
    remote.onChange((key, pod) => {
      world.setPod(key, pod && viewRemotePod(pod), false);
      this.#touch();
    });
    spaces.onChange((key, space) => {
      world.setNamespace(key, space && (space.metadata?.labels ?? {}));
      this.#touch();
    });
    policies.onChange((key, policy) => {
      world.setPolicy(key, policy && planPolicy(policy));
      this.#touch();
    });
    return [remote, spaces, policies] as unknown as Informer<never>[];
  }

  #put(record: SandboxRecord, addresses: readonly string[]): void {
    this.#sandboxes.set(record.id, { record, addresses });
    const { namespace, name, podUid } = record;
    const found = this.#deps.localPods.get(`${namespace}/${name}`);
    // One that the API has forgotten is ending; until then it is a pod of its namespace.
    const pod = found?.metadata?.uid === podUid ? found : { metadata: { namespace, name } };
    this.#deps.world.setPod(keyOf(record), viewPod(pod, addresses), true);
    this.#touch();
  }

  #labelsChanged(pod: Pod): void {
    for (const { record, addresses } of this.#sandboxes.values()) {
      if (record.podUid === pod.metadata?.uid) this.#put(record, addresses);
    }
  }

  #isIsolated(record: SandboxRecord): boolean {
    const pod = this.#deps.world.localPod(keyOf(record));
    return Boolean(pod?.ingress ?? pod?.egress);
  }

  #touch(): void {
    this.#isDirty = true;
    if (this.#isReady) this.#reconciler.enqueue('rules');
  }

  async #reconcile(key: string): Promise<void> {
    const { rules } = this.#deps;
    if (key === 'rules') return this.#write();
    await rules.audit();
    if (key === 'audit') this.#reconciler.enqueueAfter('audit', auditMs);
  }

  async #write(): Promise<void> {
    this.#isDirty = false;
    this.#isWriting = true;
    try {
      await this.#deps.rules.write();
    } catch (error) {
      this.#isDirty = true;
      throw error;
    } finally {
      this.#isWriting = false;
    }
    if (!this.#isDirty) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Apart from the keys of pods elsewhere, which have a slash. */
const keyOf = ({ id }: SandboxRecord): string => id;
