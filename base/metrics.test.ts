import test from 'ava';
import { MetricRegistry } from './metrics.ts';

test('metrics are rendered as Prometheus reads them', (t) => {
  const metrics = new MetricRegistry();
  const requests = metrics.counter({
    name: 'requests_total',
    help: 'Requests.',
    labels: ['verb', 'path'],
  });
  const size = metrics.gauge({ name: 'size_bytes', help: 'Size.' });
  const time = metrics.histogram({ name: 'time_seconds', help: 'Time.', labels: ['verb'] }, [1, 2]);
  metrics.collect(() => size.of().set(7));
  requests.of('GET', '/"a"\n\\').add();
  requests.of('GET', '/"a"\n\\').add(2);
  for (const seconds of [0.5, 1, 1.5, 9]) time.of('GET').observe(seconds);
  t.is(
    metrics.render(),
    `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{verb="GET",path="/\\"a\\"\\n\\\\"} 3
# HELP size_bytes Size.
# TYPE size_bytes gauge
size_bytes 7
# HELP time_seconds Time.
# TYPE time_seconds histogram
time_seconds_bucket{verb="GET",le="1"} 2
time_seconds_bucket{verb="GET",le="2"} 3
time_seconds_bucket{verb="GET",le="+Inf"} 4
time_seconds_sum{verb="GET"} 12
time_seconds_count{verb="GET"} 4
`,
  );
});

test('strangers cannot fill the memory with label values', (t) => {
  const metrics = new MetricRegistry();
  const counter = metrics.counter({ name: 'a_total', help: 'A.', labels: ['x'] });
  for (let index = 0; index < 20_000; index++) counter.of(String(index)).add();
  t.is(metrics.render().split('\n').length, 10_003);
});
