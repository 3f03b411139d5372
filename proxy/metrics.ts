/** What the proxy counts, under upstream's names, in Prometheus' text format. */
import type { Family } from './plan-address.ts';

const bucketsSeconds = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 4];

class Histogram {
  readonly #counts = new Array<number>(bucketsSeconds.length).fill(0);
  #sum = 0;
  #count = 0;

  observe(seconds: number): void {
    for (const [index, limit] of bucketsSeconds.entries()) {
      if (seconds <= limit) this.#counts[index]!++;
    }
    this.#sum += seconds;
    this.#count++;
  }

  /** @param labels Without braces: `ip_family="IPv4"`. */
  render(name: string, labels: string): string[] {
    return [
      `# TYPE ${name} histogram`,
      ...bucketsSeconds.map((le, i) => `${name}_bucket{${labels},le="${le}"} ${this.#counts[i]}`),
      `${name}_bucket{${labels},le="+Inf"} ${this.#count}`,
      `${name}_sum{${labels}} ${this.#sum}`,
      `${name}_count{${labels}} ${this.#count}`,
    ];
  }
}

export class Metrics {
  readonly #labels: string;
  readonly #all = new Histogram();
  readonly #full = new Histogram();
  readonly #partial = new Histogram();
  #queuedMs: number | undefined;
  #lastQueuedMs = 0;
  #lastSyncedMs = 0;
  #failures = 0;
  #partialFailures = 0;
  #rules = 0;

  constructor(family: Family) {
    this.#labels = `ip_family="${family === 'ipv4' ? 'IPv4' : 'IPv6'}"`;
  }

  queued(nowMs: number): void {
    this.#queuedMs ??= nowMs;
    this.#lastQueuedMs = nowMs;
  }

  synced(nowMs: number, ms: number, isFull: boolean): void {
    this.#all.observe(ms / 1000);
    (isFull ? this.#full : this.#partial).observe(ms / 1000);
    this.#queuedMs = undefined;
    this.#lastSyncedMs = nowMs;
  }

  failed(isFull: boolean): void {
    if (isFull) this.#failures++;
    else this.#partialFailures++;
  }

  rules(count: number): void {
    this.#rules = count;
  }

  get lastSyncedMs(): number {
    return this.#lastSyncedMs;
  }

  /** For how long the oldest change that is not written yet has been waiting. */
  waitingMs(nowMs: number): number {
    return this.#queuedMs === undefined ? 0 : nowMs - this.#queuedMs;
  }

  render(): string {
    const labels = this.#labels;
    const value = (name: string, type: string, number: number) => [
      `# TYPE ${name} ${type}`,
      `${name}{${labels}} ${number}`,
    ];
    const prefix = 'kubeproxy_sync_proxy_rules';
    return `${[
      ...this.#all.render(`${prefix}_duration_seconds`, labels),
      ...this.#full.render('kubeproxy_sync_full_proxy_rules_duration_seconds', labels),
      ...this.#partial.render('kubeproxy_sync_partial_proxy_rules_duration_seconds', labels),
      ...value(`${prefix}_last_timestamp_seconds`, 'gauge', this.#lastSyncedMs / 1000),
      ...value(`${prefix}_last_queued_timestamp_seconds`, 'gauge', this.#lastQueuedMs / 1000),
      ...value(`${prefix}_iptables_restore_failures_total`, 'counter', this.#failures),
      ...value(
        `${prefix}_iptables_partial_restore_failures_total`,
        'counter',
        this.#partialFailures,
      ),
      ...value(`${prefix}_iptables_total`, 'gauge', this.#rules),
    ].join('\n')}\n`;
  }
}
