/** What /metrics says about requests, in the names that upstream's dashboards ask for. */
import { type Family, type Histogram, MetricRegistry, type Series } from '../../base/metrics.ts';
import type { RequestInfo } from '../request.ts';

const requestSeconds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];
const storeSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8];
const eventBytes = [1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072];

const requestLabels = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope'];
const kindLabels = ['group', 'version', 'resource'];

/** A request that goes on; called at its end with the answer's status code. */
export type OnEnd = (code: number) => void;

export class Metrics {
  readonly registry = new MetricRegistry();
  readonly #requests: Family<Series>;
  readonly #seconds: Family<Histogram>;
  readonly #inFlight: Family<Series>;
  readonly #longRunning: Family<Series>;
  readonly #terminations: Family<Series>;
  readonly #watchEvents: Family<Series>;
  readonly #watchBytes: Family<Histogram>;
  readonly #storeSeconds: Family<Histogram>;

  constructor() {
    const { registry } = this;
    const counter = (name: string, help: string, labels: string[]) =>
      registry.counter({ name: `apiserver_${name}`, help, labels });
    const labels = [...requestLabels, 'component'];
    this.#requests = counter('request_total', 'Requests that were answered.', [...labels, 'code']);
    this.#terminations = counter('request_terminations_total', 'Answers that came too late.', [
      'code',
      ...requestLabels,
    ]);
    this.#seconds = registry.histogram(
      {
        name: 'apiserver_request_duration_seconds',
        help: 'Time to answer, of all but long-running requests.',
        labels,
      },
      requestSeconds,
    );
    this.#inFlight = registry.gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Requests that are being answered.',
      labels: ['request_kind'],
    });
    this.#longRunning = registry.gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Watches and streams that are open.',
      labels,
    });
    this.#watchEvents = counter('watch_events_total', 'Events sent to watchers.', kindLabels);
    this.#watchBytes = registry.histogram(
      {
        name: 'apiserver_watch_events_sizes',
        help: 'Size of the events sent to watchers, in bytes.',
        labels: kindLabels,
      },
      eventBytes,
    );
    this.#storeSeconds = registry.histogram(
      {
        name: 'etcd_request_duration_seconds',
        help: 'Time that the store took, whichever it is.',
        labels: ['operation', 'type'],
      },
      storeSeconds,
    );
    for (const kind of ['mutating', 'readOnly']) this.#inFlight.of(kind).set(0);
  }

  beginRequest(info: RequestInfo, isLongRunning: boolean): OnEnd {
    const values = valuesOf(info);
    const isReading = info.verb === 'get' || info.verb === 'list' || info.verb === 'watch';
    const open = isLongRunning
      ? this.#longRunning.of(...values, 'apiserver')
      : this.#inFlight.of(isReading ? 'readOnly' : 'mutating');
    const begun = performance.now();
    open.add(1);
    return (code) => {
      open.add(-1);
      this.#requests.of(...values, 'apiserver', String(code)).add();
      if (isLongRunning) return;
      this.#seconds.of(...values, 'apiserver').observe((performance.now() - begun) / 1000);
    };
  }

  countTermination(info: RequestInfo, code: number): void {
    this.#terminations.of(String(code), ...valuesOf(info)).add();
  }

  /** How one watch counts its events. */
  watchCounter({ group, version, resource }: RequestInfo): (bytes: number) => void {
    const events = this.#watchEvents.of(group, version, resource);
    const sizes = this.#watchBytes.of(group, version, resource);
    return (bytes) => {
      events.add();
      sizes.observe(bytes);
    };
  }

  /** `type` as upstream has it: the resource's name. */
  observeStore(operation: string, type: string, seconds: number): void {
    this.#storeSeconds.of(operation, type).observe(seconds);
  }
}

function valuesOf(info: RequestInfo): string[] {
  const { verb, group, version, resource, subresource, query } = info;
  const dryRun = query.get('dryRun') === 'All' ? 'All' : '';
  return [verb.toUpperCase(), dryRun, group, version, resource, subresource, scopeOf(info)];
}

function scopeOf({ isResource, namespace, name }: RequestInfo): string {
  if (!isResource) return '';
  if (name !== '') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}
