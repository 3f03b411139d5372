/** Watchers that never read, at the size of the reliability checklist's E6. */
import { runSlowWatchers } from '../test/helpers/slow-watchers.ts';
import { summarise } from './stats.ts';

export async function benchSlow(program: readonly string[]): Promise<void> {
  console.log('\n1000 watchers that never read, 10000 events of 10 KB');
  const figures = await runSlowWatchers({
    slow: 1_000,
    fast: 4,
    events: 10_000,
    bytes: 10 * 1024,
    program,
  });
  const { rssMb, latencies, closed, problems } = figures;
  const [alone, crowded] = [summarise(latencies.without), summarise(latencies.with)];
  console.log(
    `  closed ${closed}; RSS ${(rssMb.with - rssMb.without).toFixed(0)} MB more than without them ` +
      `(goal: at most 64); who reads: p99 ${crowded.p99.toFixed(1)} ms (goal: at most 100), ` +
      `without them ${alone.p99.toFixed(1)} ms; ${problems.length} events missed or out of order`,
  );
  if (problems.length > 0 || closed !== 1_000) process.exitCode = 1;
}
