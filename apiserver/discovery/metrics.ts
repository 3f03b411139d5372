/** What /metrics says, in upstream's names. */
import type { Registry } from '../registry/registry.ts';
import type { RequestInfo } from '../request.ts';

export class Metrics {
  readonly #requests = new Map<string, { labels: string; count: number }>();

  countRequest({ verb, group, version, resource, subresource }: RequestInfo, code: number): void {
    const id = `${verb}/${group}/${version}/${resource}/${subresource}/${code}`;
    const known = this.#requests.get(id);
    if (known) {
      known.count += 1;
      return;
    }
    // The URL decides the labels: a scanner must not fill the memory.
    if (this.#requests.size >= 5000) return;
    const labels = { code, group, resource, subresource, verb: verb.toUpperCase(), version };
    this.#requests.set(id, { labels: formatLabels(labels), count: 1 });
  }

  render(registry: Registry, objectCounts: Iterable<readonly [string, number]>): string {
    const { rss } = process.memoryUsage();
    return [
      '# TYPE apiserver_request_total counter',
      ...[...this.#requests.values()].map(({ labels, count }) => {
        return `apiserver_request_total${labels} ${count}`;
      }),
      '# TYPE apiserver_resource_objects gauge',
      ...[...objectCounts].map(([resource, count]) => {
        return `apiserver_resource_objects${formatLabels({ resource })} ${count}`;
      }),
      '# TYPE apiserver_storage_revision gauge',
      `apiserver_storage_revision ${registry.revision}`,
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${rss}`,
      '',
    ].join('\n');
  }
}

const formatLabels = (labels: Record<string, unknown>): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(String(value))}`)
    .join(',')}}`;
