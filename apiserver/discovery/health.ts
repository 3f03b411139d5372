/** /healthz, /livez and /readyz, with ?verbose, ?exclude= and one path for each check. */
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { type Exchange, sendBytes } from '../http/answer.ts';
import type { Page } from './pages.ts';

export interface HealthCheck {
  readonly name: string;
  /** Rejects or throws with what is wrong. */
  readonly check: () => unknown;
  /** Absent: of all three. A server that stops is alive, but not ready. */
  readonly roots?: readonly string[];
}

export interface HealthPages {
  /** /readyz, /readyz/ping, … */
  readonly paths: readonly string[];
  /** Undefined for a path that is none of them. */
  pageOf(path: string): Page | undefined;
}

const roots = ['/healthz', '/livez', '/readyz'];

export function healthPages(checks: readonly HealthCheck[], log: Logger): HealthPages {
  const pages = new Map<string, Page>();
  for (const root of roots) {
    const own = checks.filter((each) => each.roots?.includes(root) ?? true);
    pages.set(root, rootPage(root, own, log));
    for (const each of own) pages.set(`${root}/${each.name}`, checkPage(each, log));
  }
  return { paths: [...pages.keys()], pageOf: (path) => pages.get(path) };
}

function rootPage(root: string, checks: readonly HealthCheck[], log: Logger): Page {
  return async (exchange, { query }) => {
    const excluded = new Set(query.getAll('exclude'));
    const results = await Promise.all(
      checks.map(async (each) => {
        if (excluded.delete(each.name)) return { line: `[+]${each.name} excluded: ok`, isOk: true };
        const isOk = await run(each, log);
        // Whoever asks need not be anybody: the reason is in the log.
        return {
          line: isOk ? `[+]${each.name} ok` : `[-]${each.name} failed: reason withheld`,
          isOk,
        };
      }),
    );
    const isHealthy = results.every(({ isOk }) => isOk);
    const surplus = [...excluded].map((name) => JSON.stringify(name)).join(', ');
    const lines = results.map(({ line }) => line);
    if (surplus)
      lines.push(`warn: some health checks cannot be excluded: no matches for ${surplus}`);
    lines.push(`${root.slice(1)} check ${isHealthy ? 'passed' : 'failed'}`, '');
    const text = query.has('verbose') || !isHealthy ? lines.join('\n') : 'ok';
    await sendText(exchange, isHealthy ? 200 : 500, text);
  };
}

function checkPage(check: HealthCheck, log: Logger): Page {
  return async (exchange) => {
    const isOk = await run(check, log);
    const text = isOk ? 'ok' : `internal server error: ${check.name} failed: reason withheld\n`;
    await sendText(exchange, isOk ? 200 : 500, text);
  };
}

const sendText = (exchange: Exchange, code: number, text: string) =>
  sendBytes(exchange, code, {
    bytes: Buffer.from(text),
    type: 'text/plain; charset=utf-8',
    headers: { 'x-content-type-options': 'nosniff' },
  });

async function run({ name, check }: HealthCheck, log: Logger): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    log.info('A health check failed', { check: name, problem: messageOf(error) });
    return false;
  }
}
