/**
 * Watchers that never read. WHERRY_SLOW_WATCHERS=1000 has as many as the checklist says, and its
 * 10,000 events of 10 KB.
 */
import test from 'ava';
import { runSlowWatchers } from '../helpers/slow-watchers.ts';

const slow = Number(process.env.WHERRY_SLOW_WATCHERS ?? 100);
const events = slow >= 1_000 ? 10_000 : 1_500;
const rssMbMax = 64;

test('reliability E6: watchers that never read are closed, and harm nobody', async (t) => {
  t.timeout(600_000);
  const { rssMb, latencies, closed, problems } = await runSlowWatchers({
    slow,
    fast: 4,
    events,
    bytes: 10 * 1024,
  });
  const grown = rssMb.with - rssMb.without;
  const [alone, crowded] = [latencies.without, latencies.with].map(p99);
  t.log(
    `${slow} slow watchers, ${events} events: ${closed} closed, RSS ${grown.toFixed(0)} MB more ` +
      `(${rssMb.without.toFixed(0)} without them), those that read have p99 ` +
      `${crowded!.toFixed(0)} ms (${alone!.toFixed(0)} without them), ${problems.length} problems`,
  );
  t.deepEqual(problems.slice(0, 5), []);
  t.is(closed, slow);
  // A short run ends before the collector has been everywhere, with or without slow watchers.
  if (slow >= 1_000) t.true(grown <= rssMbMax, `${grown} MB`);
});

const p99 = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
