/**
 * Which of the two iptables: the one that the host's own rules are in. Rules of both are asked one
 * after the other, and what one accepts the other may drop: such a mix is told.
 */
import { hasCode } from '../../base/errors.ts';
import type { Family } from '../plan-address.ts';
import type { Backend, Run } from './apply.ts';

export interface BackendChoice {
  readonly backend: Backend;
  /** Rules of others in both: how many. */
  readonly mix?: { readonly legacy: number; readonly nft: number };
}

interface Found {
  /** Rules that are not Service rules. */
  readonly others: number;
  readonly services: number;
}

/** Reads only. `auto` where neither command is there under its full name, or nothing tells. */
export async function pickBackend(run: Run, families: readonly Family[]): Promise<BackendChoice> {
  const legacy = await look(run, families, 'legacy');
  const nft = await look(run, families, 'nft');
  return decideBackend(legacy, nft);
}

/**
 * As iptables-wrappers do it: who has more rules of others. Where there are none, we stay where
 * our own are, and else take what the host's alternatives name. Pure.
 */
export function decideBackend(legacy: Found | undefined, nft: Found | undefined): BackendChoice {
  const [old = nothing, newer = nothing] = [legacy, nft];
  const mix = old.others > 0 && newer.others > 0;
  const counts = mix ? { mix: { legacy: old.others, nft: newer.others } } : {};
  if (old.others !== newer.others) {
    return { backend: old.others > newer.others ? 'legacy' : 'nft', ...counts };
  }
  if (old.services !== newer.services) {
    return { backend: old.services > newer.services ? 'legacy' : 'nft', ...counts };
  }
  return { backend: 'auto', ...counts };
}

const nothing: Found = { others: 0, services: 0 };

/** Undefined where the command is not there. */
async function look(run: Run, families: readonly Family[], backend: 'legacy' | 'nft') {
  let found = nothing;
  for (const family of families) {
    const name = `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${backend}-save`;
    try {
      // Prints only tables that are there: nothing is loaded for being asked.
      found = add(found, countRules((await run(name, [])).stdout));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }
  return found;
}

export function countRules(saved: string): Found {
  const rules = saved.split('\n').filter((line) => line.startsWith('-A '));
  const services = rules.filter((line) => /^-A \S+.*KUBE-|^-A KUBE-/.test(line)).length;
  return { others: rules.length - services, services };
}

const add = (a: Found, b: Found): Found => ({
  others: a.others + b.others,
  services: a.services + b.services,
});

/** What people are told of a mix. */
export const describeMix = ({ backend, mix }: BackendChoice): string =>
  `rules of both iptables are there: ${mix?.legacy} of the older, ${mix?.nft} of the newer one; ` +
  `Service rules go into ${backend === 'auto' ? "the host's default" : backend}`;
