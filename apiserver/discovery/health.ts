/** /healthz, /livez and /readyz, with ?verbose, ?exclude= and one path for each check. */
import { messageOf } from '../../base/errors.ts';
import { sendBytes } from '../http/answer.ts';
import type { Page } from './pages.ts';

export interface HealthCheck {
  readonly name: string;
  /** Rejects with what is wrong. */
  readonly check: () => Promise<unknown>;
}

export function healthPage(root: string, checks: readonly HealthCheck[]): Page {
  return async (exchange, { path, query }) => {
    const only = path.slice(root.length + 1);
    const excluded = query.getAll('exclude');
    const chosen = checks.filter(({ name }) => !excluded.includes(name));
    const asked = only === '' ? chosen : checks.filter(({ name }) => name === only);
    const known = only === '' || asked.length > 0;
    const results = await Promise.all(asked.map(run));
    const isHealthy = known && results.every(({ problem }) => problem === undefined);
    const isShown = query.has('verbose') || !isHealthy;
    const lines = results.map(({ name, problem }) =>
      problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
    );
    const verdict = `${root.slice(1)} check ${isHealthy ? 'passed' : 'failed'}`;
    const text = isShown && only === '' ? `${[...lines, verdict].join('\n')}\n` : 'ok';
    const code = isHealthy ? 200 : known ? 500 : 404;
    const bytes = Buffer.from(isHealthy || known ? text : '404 page not found\n');
    await sendBytes(exchange, code, { bytes, type: 'text/plain; charset=utf-8' });
  };
}

async function run({ name, check }: HealthCheck): Promise<{ name: string; problem?: string }> {
  try {
    await check();
    return { name };
  } catch (error) {
    return { name, problem: messageOf(error) };
  }
}
