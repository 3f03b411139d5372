/** Reads and writes the kernel's rules with the host's own iptables commands. */
import { hasCode } from '../../base/errors.ts';
import type { Family } from '../plan-address.ts';
import { canaryChain, ownerOf, renderBase } from './render-base.ts';
import type { Chains } from './ruleset.ts';
import { parseSave, removalTransaction } from './transaction.ts';

/** As native/run.ts; tests enter a network namespace of their own on the way. */
export type Run = (
  file: string,
  args: readonly string[],
  options?: { readonly input?: string },
) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

/** `auto` is whatever the host's alternatives name; one host must not use both. */
export type Backend = 'auto' | 'legacy' | 'nft';

export interface Iptables {
  /** Every chain and rule of the tables nat and filter. */
  save(): Promise<Chains>;
  /** Does a transaction of transaction.ts, a table whole or not at all; names the line that fails. */
  restore(transaction: string): Promise<void>;
  /** The owner whom the canaries of both tables name; undefined when one has been flushed. */
  owner(): Promise<string | undefined>;
}

// Another program may hold the lock of the legacy tables.
const lockSeconds = 5;

export function createIptables(run: Run, family: Family, backend: Backend): Iptables {
  const name = (family === 'ipv4' ? 'iptables' : 'ip6tables') + suffixes[backend];
  const execute = async (file: string, args: readonly string[], input?: string) => {
    try {
      return await run(file, args, input === undefined ? {} : { input });
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      throw new Error(`${file} is not there: install the package iptables`, { cause: error });
    }
  };
  return {
    save: async () => {
      const { code, stdout, stderr } = await execute(`${name}-save`, []);
      if (code !== 0) throw new Error(`${name}-save ended with ${code}: ${stderr.trim()}`);
      return parseSave(stdout);
    },
    restore: async (text) => {
      if (text === '') return;
      const args = ['--noflush', `--wait=${lockSeconds}`];
      const { code, stderr } = await execute(`${name}-restore`, args, text);
      if (code !== 0) throw new Error(`${name}-restore: ${explain(stderr, text)}`);
    },
    owner: async () => {
      const owners = new Set<string | undefined>();
      for (const table of ['nat', 'filter']) {
        const args = ['--wait', `${lockSeconds}`, '-t', table, '-S', canaryChain];
        owners.add(ownerOf((await execute(name, args)).stdout.split('\n')));
      }
      return owners.size === 1 ? [...owners][0] : undefined;
    },
  };
}

/**
 * Throws when the rules that are there belong to somebody else: two proxies in one network
 * namespace would undo each other's work for ever.
 */
export function checkOwner(observed: Chains, instance: string): void {
  const owner = ownerIn(observed);
  if (owner === undefined || owner === instance) return;
  throw new Error(
    owner === unsigned
      ? 'there are Service rules in this network namespace that no instance of ours has signed, ' +
          'perhaps those of a kube-proxy: stop it and run it once with --cleanup'
      : `the Service rules in this network namespace belong to the proxy instance "${owner}", ` +
          `this is "${instance}": stop that one and run it once with --cleanup`,
  );
}

const unsigned = Symbol('unsigned');

/** Undefined where there are no Service rules at all. */
function ownerIn(observed: Chains): string | typeof unsigned | undefined {
  const signed =
    ownerOf(observed.get(`nat ${canaryChain}`)) ?? ownerOf(observed.get(`filter ${canaryChain}`));
  if (signed !== undefined) return signed;
  // Flushed chains of our own are empty; one with rules and no owner is somebody else's.
  return (observed.get('nat KUBE-SERVICES') ?? []).length > 0 ? unsigned : undefined;
}

export interface RemovalDeps {
  readonly run: Run;
  readonly family: Family;
  readonly backend: Backend;
  readonly instance: string;
}

/**
 * Takes every rule and chain of this instance away and leaves all others; may be repeated. False
 * when the Service rules that are there are somebody else's: they are left as they are.
 */
export async function removeRules(deps: RemovalDeps): Promise<boolean> {
  const iptables = createIptables(deps.run, deps.family, deps.backend);
  const observed = await iptables.save();
  const owner = ownerIn(observed);
  if (owner !== undefined && owner !== deps.instance) return false;
  const base = renderBase({ ...deps, ...nowhere }); // For chain names.
  await iptables.restore(removalTransaction(base, observed));
  return true;
}

const nowhere = { masqueradeBit: 0, nodePortCidrs: [], serviceRanges: [] };

const suffixes: Readonly<Record<Backend, string>> = { auto: '', legacy: '-legacy', nft: '-nft' };

/** The command's own words and the line that they speak of. */
function explain(stderr: string, text: string): string {
  const message = stderr.trim().split('\n').slice(0, 3).join('; ');
  const number = /line:? (\d+)/.exec(message)?.[1];
  const line = number === undefined ? undefined : text.split('\n')[Number(number) - 1];
  return line === undefined ? message : `${message}: ${line}`;
}
