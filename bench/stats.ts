/** Figures as the field quotes them: medians and p99, and ratios between peers of one run. */

export interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly min: number;
}

export function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), min: sorted[0]! };
}

export async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export function printRow(name: string, { count, p50, p99, min }: Summary, note = ''): void {
  const cells = [p50, p99, min].map((ms) => `${ms.toFixed(2)} ms`.padStart(12));
  console.log(`  ${name.padEnd(44)}${cells.join('')}  n=${count}  ${note}`);
}

export function printHead(title: string): void {
  console.log(
    `\n${title}\n  ${''.padEnd(44)}${['p50', 'p99', 'min'].map((c) => c.padStart(12)).join('')}`,
  );
}
