/** What the proxy counts, under upstream's names. */
import { type Family as Labelled, MetricRegistry, type Series } from '../base/metrics.ts';
import type { Family } from './plan-address.ts';

const secondsBuckets = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.256, 1, 4, 16];
const rulesPrefix = 'kubeproxy_sync_proxy_rules';
const labels = ['ip_family'];

const durations = {
  all: ['duration_seconds', 'From the begin of a write to its end.'],
  full: ['full_proxy_rules_duration_seconds', 'The same, where all rules were written.'],
  partial: ['partial_proxy_rules_duration_seconds', 'The same, where only changes were written.'],
} as const;

const gauges = {
  lastSynced: ['last_timestamp_seconds', 'When rules were last written.'],
  lastQueued: ['last_queued_timestamp_seconds', 'When a change was last noted.'],
  rules: ['iptables_total', 'Rules that are there.'],
  rulesLast: ['iptables_last', 'Rules that the last write wrote.'],
  servicesPending: ['service_changes_pending', 'Changes of Services not written yet.'],
  endpointsPending: ['endpoint_changes_pending', 'Changes of endpoint slices not written yet.'],
} as const;

const counters = {
  services: ['service_changes_total', 'Changes of Services.'],
  endpoints: ['endpoint_changes_total', 'Changes of endpoint slices.'],
  iptablesFailures: ['iptables_restore_failures_total', 'Full writes that failed.'],
  iptablesPartialFailures: [
    'iptables_partial_restore_failures_total',
    'Writes of changes that failed.',
  ],
  nftablesFailures: ['nftables_sync_failures_total', 'Transactions that failed.'],
  nftablesCleanupFailures: ['nftables_cleanup_failures_total', 'Removals that failed.'],
} as const;

/** Without a family, or with other words beside it. */
const packets = {
  invalidDropped: [
    'kubeproxy_iptables_ct_state_invalid_dropped_packets_total',
    'Packets dropped since they belong to no connection that is known.',
  ],
  loopbackAccepted: [
    'kubeproxy_iptables_localhost_nodeports_accepted_packets_total',
    'Connections and UDP sessions that came to node ports on loopback and were carried.',
  ],
  loopbackRejected: [
    'kubeproxy_nftables_localhost_nodeport_rejected_packets_total',
    'Those that were refused: none, since they are carried in every mode.',
  ],
} as const;

/** From a second after a pod's change to a quarter of an hour. */
const programmingBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 900];

const conntrackPrefix = 'kubeproxy_conntrack_reconciler';

type Names = Readonly<Record<string, readonly [string, string]>>;

/** All series of the process; those of one family are made by `of`. */
export class Metrics {
  readonly registry = new MetricRegistry();
  readonly #durations = mapNames(durations, (name, help) => {
    const full = name.startsWith('duration') ? `${rulesPrefix}_${name}` : `kubeproxy_sync_${name}`;
    return this.registry.histogram({ name: full, help, labels }, secondsBuckets);
  });
  readonly #gauges = mapNames(gauges, (name, help) =>
    this.registry.gauge({ name: `${rulesPrefix}_${name}`, help, labels }),
  );
  readonly #counters = mapNames(counters, (name, help) =>
    this.registry.counter({ name: `${rulesPrefix}_${name}`, help, labels }),
  );

  readonly #looked = this.registry.histogram(
    {
      name: `${conntrackPrefix}_sync_duration_seconds`,
      help: 'Looking for connections whose endpoint is gone.',
      labels,
    },
    secondsBuckets,
  );
  readonly #forgotten = this.registry.counter({
    name: `${conntrackPrefix}_deleted_entries_total`,
    help: 'Connections that the kernel was let forget.',
    labels,
  });

  readonly #programming = this.registry.histogram(
    {
      name: 'kubeproxy_network_programming_duration_seconds',
      help: "From a pod's change to the rules that follow from it.",
      labels,
    },
    programmingBuckets,
  );
  readonly #noLocal = this.registry.gauge({
    name: `${rulesPrefix}_no_local_endpoints_total`,
    help: 'Services that want endpoints of this node and find none.',
    labels: [...labels, 'traffic_policy'],
  });
  readonly #health = mapNames(
    { healthz: ['healthz', '/healthz'], livez: ['livez', '/livez'] },
    (name, path) =>
      this.registry.counter({
        name: `kubeproxy_proxy_${name}_total`,
        help: `Answers of ${path}.`,
        labels: ['code'],
      }),
  );
  readonly packets = mapNames(packets, (name, help) => this.registry.counter({ name, help }).of());
  readonly #connections = this.registry.gauge({
    name: 'kubeproxy_conntrack_entries',
    help: 'Connections in the table of the kernel.',
  });
  readonly #connectionsMax = this.registry.gauge({
    name: 'kubeproxy_conntrack_entries_max',
    help: 'Connections that fit into it.',
  });

  answered(path: 'healthz' | 'livez', code: number): void {
    this.#health[path].of(String(code)).add();
  }

  /** Read at each rendering. */
  connectionTable(read: () => { readonly count: number; readonly max: number }): void {
    this.registry.collect(() => {
      const { count, max } = read();
      this.#connections.of().set(count);
      this.#connectionsMax.of().set(max);
    });
  }

  /** Counted at each rendering. */
  noLocalEndpoints(
    family: Family,
    count: () => { readonly internal: number; readonly external: number },
  ): void {
    this.registry.collect(() => {
      const { internal, external } = count();
      this.#noLocal.of(labelOf(family), 'internal').set(internal);
      this.#noLocal.of(labelOf(family), 'external').set(external);
    });
  }

  of(family: Family): FamilyMetrics {
    const label = labelOf(family);
    const ofLabel = <T>(families: Record<string, Labelled<T>>) =>
      Object.fromEntries(Object.entries(families).map(([key, each]) => [key, each.of(label)]));
    return new FamilyMetrics(family, {
      durations: ofLabel(this.#durations) as unknown as Durations,
      gauges: ofLabel(this.#gauges) as Record<keyof typeof gauges, Series>,
      counters: ofLabel(this.#counters) as Record<keyof typeof counters, Series>,
      looked: this.#looked.of(label),
      programming: this.#programming.of(label),
      forgotten: this.#forgotten.of(label),
    });
  }

  render(): string {
    return this.registry.render();
  }
}

type Durations = Record<keyof typeof durations, { observe(seconds: number): void }>;

interface AllSeries {
  readonly durations: Durations;
  readonly gauges: Record<keyof typeof gauges, Series>;
  readonly counters: Record<keyof typeof counters, Series>;
  readonly looked: { observe(seconds: number): void };
  readonly programming: { observe(seconds: number): void };
  readonly forgotten: Series;
}

/** Of one family of addresses. Times are milliseconds since the epoch. */
export class FamilyMetrics {
  readonly family: Family;
  readonly #series: AllSeries;
  #queuedMs: number | undefined;
  #lastSyncedMs = 0;
  #lastWriteMs = 0;
  #rules = 0;

  constructor(family: Family, series: AllSeries) {
    this.family = family;
    this.#series = series;
  }

  changed(what: 'services' | 'endpoints'): void {
    const { gauges, counters } = this.#series;
    counters[what].add();
    gauges[`${what}Pending`].add();
  }

  queued(nowMs: number): void {
    this.#queuedMs ??= nowMs;
    this.#series.gauges.lastQueued.set(nowMs / 1000);
  }

  synced(nowMs: number, ms: number, isFull: boolean): void {
    const { durations, gauges } = this.#series;
    durations.all.observe(ms / 1000);
    durations[isFull ? 'full' : 'partial'].observe(ms / 1000);
    gauges.lastSynced.set(nowMs / 1000);
    gauges.servicesPending.set(0);
    gauges.endpointsPending.set(0);
    this.#queuedMs = undefined;
    this.#lastSyncedMs = nowMs;
    this.#lastWriteMs = ms;
  }

  failed(mode: 'iptables' | 'nftables', isFull: boolean): void {
    const { counters } = this.#series;
    if (mode === 'nftables') counters.nftablesFailures.add();
    else counters[isFull ? 'iptablesFailures' : 'iptablesPartialFailures'].add();
  }

  /** How many rules there are, and how many of them the last write wrote. */
  rules(count: number, written: number): void {
    this.#rules = count;
    this.#series.gauges.rules.set(count);
    this.#series.gauges.rulesLast.set(written);
  }

  forgot(connections: number): void {
    this.#series.forgotten.add(connections);
  }

  cleanupFailed(): void {
    this.#series.counters.nftablesCleanupFailures.add();
  }

  programmed(seconds: number): void {
    this.#series.programming.observe(seconds);
  }

  lookedAtConnections(seconds: number): void {
    this.#series.looked.observe(seconds);
  }

  get lastSyncedMs(): number {
    return this.#lastSyncedMs;
  }

  /** How many rules there are, and how long the last write took. */
  get figures(): { readonly rules: number; readonly ms: number } {
    return { rules: this.#rules, ms: this.#lastWriteMs };
  }

  /** For how long the oldest change that is not written yet has been waiting. */
  waitingMs(nowMs: number): number {
    return this.#queuedMs === undefined ? 0 : nowMs - this.#queuedMs;
  }
}

const labelOf = (family: Family): string => (family === 'ipv4' ? 'IPv4' : 'IPv6');

function mapNames<N extends Names, T>(
  names: N,
  make: (name: string, help: string) => T,
): Record<keyof N, T> {
  const entries = Object.entries(names).map(([key, [name, help]]) => [key, make(name, help)]);
  return Object.fromEntries(entries) as Record<keyof N, T>;
}
