/** Writes what was decided into the Services, and tells of it. */
import { services } from '../../api/resources.ts';
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { Client } from '../../client/client.ts';
import type { Recorder } from '../../client/events.ts';
import { announcerAnnotation, type Balancer, finalizer, keyOfService } from './plan.ts';

export interface BalancersDeps {
  readonly client: Client;
  readonly recorder: Recorder;
}

export class Balancers {
  readonly #deps: BalancersDeps;
  /** Our last writes: the cache may be behind, and would give an address a second time. */
  readonly #written = new Map<string, Service>();
  readonly #released = new Map<string, string>(); // Service → uid: the cache may still show it.
  readonly #told = new Map<string, string>(); // Service → the problem that was told last.

  constructor(deps: BalancersDeps) {
    this.#deps = deps;
  }

  newest(cached: Service): Service {
    const written = this.#written.get(keyOfService(cached));
    if (written?.metadata?.uid !== cached.metadata?.uid) return cached;
    return written && versionOf(written) > versionOf(cached) ? written : cached;
  }

  forget(key: string): void {
    this.#written.delete(key);
    this.#told.delete(key);
    this.#released.delete(key);
  }

  async ensure(service: Service, balancer: Balancer): Promise<void> {
    const { ingress, problem } = balancer;
    const before = service.status?.loadBalancer?.ingress ?? [];
    const isNew = before.length === 0 && ingress.length > 0;
    this.#released.delete(keyOfService(service));
    this.#tellProblem(service, problem);
    if (isNew) this.#tell(service, 'EnsuringLoadBalancer', 'Ensuring load balancer');
    // The finalizer first: whatever happens next, what was given is taken back in the end.
    const marked = await this.#mark(service, balancer);
    if (isSame(before, ingress)) return;
    await this.#write({
      ...marked,
      status: { ...marked.status, loadBalancer: { ingress: [...ingress] } },
    });
    if (isNew) this.#tell(service, 'EnsuredLoadBalancer', 'Ensured load balancer');
    else if (ingress.length > 0) {
      this.#tell(service, 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
    }
  }

  /** The Service goes, or is of another type by now. */
  async release(service: Service): Promise<void> {
    const { uid = '' } = service.metadata ?? {};
    const key = keyOfService(service);
    if (this.#released.get(key) === uid) return;
    this.#tell(service, 'DeletingLoadBalancer', 'Deleting load balancer');
    let latest = service;
    if ((service.status?.loadBalancer?.ingress ?? []).length > 0) {
      latest = await this.#write({ ...service, status: { ...service.status, loadBalancer: {} } });
    }
    const finalizers = (latest.metadata?.finalizers ?? []).filter((each) => each !== finalizer);
    const left = withMarks(latest, finalizers, undefined);
    this.#remember(await this.#deps.client.update(services, left));
    this.#released.set(key, uid);
    this.#tell(service, 'DeletedLoadBalancer', 'Deleted load balancer');
  }

  async #mark(service: Service, { announcer }: Balancer): Promise<Service> {
    const { finalizers = [], annotations } = service.metadata ?? {};
    const isMarked = finalizers.includes(finalizer);
    if (isMarked && annotations?.[announcerAnnotation] === announcer) return service;
    const wanted = isMarked ? finalizers : [...finalizers, finalizer];
    const marked = withMarks(service, wanted, announcer);
    return this.#remember(await this.#deps.client.update(services, marked));
  }

  async #write(service: Service): Promise<Service> {
    const options = { subresource: 'status' };
    return this.#remember(await this.#deps.client.update(services, service, options));
  }

  #remember(service: Service): Service {
    this.#written.set(keyOfService(service), service);
    return service;
  }

  #tellProblem(service: Service, problem: string | undefined): void {
    const key = keyOfService(service);
    if (this.#told.get(key) === problem) return;
    if (problem === undefined) {
      this.#told.delete(key);
      return;
    }
    this.#told.set(key, problem);
    const message = `Error syncing load balancer: ${problem}`;
    this.#deps.recorder.event(about(service), 'Warning', 'SyncLoadBalancerFailed', message);
  }

  #tell(service: Service, reason: string, message: string): void {
    this.#deps.recorder.event(about(service), 'Normal', reason, message);
  }
}

function withMarks(service: Service, finalizers: string[], announcer: string | undefined): Service {
  const { annotations: all = {}, ...metadata } = service.metadata ?? {};
  const { [announcerAnnotation]: _, ...others } = all;
  const annotations = { ...others, ...(announcer && { [announcerAnnotation]: announcer }) };
  const hasAny = Object.keys(annotations).length > 0;
  return { ...service, metadata: { ...metadata, finalizers, ...(hasAny && { annotations }) } };
}

const about = (service: Service) => ({ ...service, apiVersion: 'v1', kind: 'Service' });

/** Versions of one server may be compared as numbers (KEP-5504). */
const versionOf = ({ metadata }: Service): bigint => {
  const text = metadata?.resourceVersion ?? '';
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
};

/** Field by field, whatever their order: the server's is not ours. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)))
      : each,
  );
