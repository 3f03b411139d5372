/**
 * Metrics in Prometheus' text form. A series is looked up by its label values once and then only
 * counted on; prom-client hashes an object of labels each time: decision 0007.
 */

/** One number. */
export class Series {
  value = 0;

  add(by = 1): void {
    this.value += by;
  }

  set(value: number): void {
    this.value = value;
  }
}

export class Histogram {
  readonly #bounds: readonly number[]; // Ascending.
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > this.#bounds[index]!) index += 1;
    this.#counts[index]! += 1;
    this.#sum += value;
  }

  lines(name: string, labels: string): string[] {
    let count = 0;
    const comma = labels === '' ? '' : ',';
    const buckets = this.#counts.map((each, index) => {
      count += each;
      return `${name}_bucket{${labels}${comma}le="${this.#bounds[index] ?? '+Inf'}"} ${count}`;
    });
    const braces = labels === '' ? '' : `{${labels}}`;
    return [...buckets, `${name}_sum${braces} ${this.#sum}`, `${name}_count${braces} ${count}`];
  }
}

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** All series of one name. */
export interface Family<T> {
  /** The series with these label values, in the order of the labels. */
  of(...values: string[]): T;
}

/** Label values may come from strangers, who must not fill the memory. */
const seriesMax = 10_000;
const separator = '\u0000';

class LabelledFamily<T> implements Family<T> {
  readonly #labels: readonly string[];
  readonly #make: () => T;
  readonly #series = new Map<string, T>();
  readonly #surplus: T;

  constructor(labels: readonly string[], make: () => T) {
    this.#labels = labels;
    this.#make = make;
    this.#surplus = make();
  }

  of(...values: string[]): T {
    const key = values.join(separator);
    const known = this.#series.get(key);
    if (known) return known;
    if (this.#series.size >= seriesMax) return this.#surplus;
    const made = this.#make();
    this.#series.set(key, made);
    return made;
  }

  /** `a="1",b="2"` and the series, for each. */
  *entries(): Iterable<readonly [string, T]> {
    for (const [key, series] of this.#series) {
      const values = key.split(separator);
      const pairs = this.#labels.map((name, index) => `${name}="${quoted(values[index] ?? '')}"`);
      yield [pairs.join(','), series];
    }
  }
}

const quoted = (text: string) => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');

export class MetricRegistry {
  readonly #renderers: (() => string[])[] = [];
  readonly #collectors: (() => void)[] = [];

  counter(described: Described): Family<Series> {
    return this.#family(described, 'counter');
  }

  gauge(described: Described): Family<Series> {
    return this.#family(described, 'gauge');
  }

  /** `buckets`: upper bounds, ascending. */
  histogram(described: Described, buckets: readonly number[]): Family<Histogram> {
    const { name, labels = [] } = described;
    const family = new LabelledFamily(labels, () => new Histogram(buckets));
    this.#renderers.push(() => [
      ...head(described, 'histogram'),
      ...[...family.entries()].flatMap(([text, histogram]) => histogram.lines(name, text)),
    ]);
    return family;
  }

  /** Called before each rendering, for what is cheaper to ask than to count. */
  collect(collector: () => void): void {
    this.#collectors.push(collector);
  }

  render(): string {
    for (const collector of this.#collectors) collector();
    return `${this.#renderers.flatMap((render) => render()).join('\n')}\n`;
  }

  #family(described: Described, type: 'counter' | 'gauge'): Family<Series> {
    const { name, labels = [] } = described;
    const family = new LabelledFamily(labels, () => new Series());
    this.#renderers.push(() => [
      ...head(described, type),
      ...[...family.entries()].map(([text, { value }]) => {
        return `${name}${text && `{${text}}`} ${value}`;
      }),
    ]);
    return family;
  }
}

const head = ({ name, help }: Described, type: string) => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];
