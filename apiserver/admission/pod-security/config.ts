/** PodSecurityConfiguration: what holds for namespaces that say nothing, and who is exempt. */
import { UsageError } from '../../../base/errors.ts';
import { type Mode, modes, type Policy, parseLevel, parseVersion } from './policy.ts';

export interface PodSecurityConfig {
  readonly defaults: Policy;
  readonly exemptions: {
    readonly usernames: readonly string[];
    readonly runtimeClasses: readonly string[];
    readonly namespaces: readonly string[];
  };
}

/** As it stands in the file. */
interface Given {
  readonly defaults?: Readonly<Record<string, string>>;
  readonly exemptions?: Partial<PodSecurityConfig['exemptions']>;
}

/** @throws UsageError with all that is wrong */
export function readPodSecurityConfig(given: unknown): PodSecurityConfig {
  const { defaults = {}, exemptions = {} } = (given ?? {}) as Given;
  const known = new Map(Object.entries(defaults));
  const problems: string[] = [];
  const ofMode = (mode: Mode) => {
    const level = parseLevel(known.get(mode) ?? 'privileged');
    const version = parseVersion(known.get(`${mode}-version`) ?? 'latest');
    if (level.problem) problems.push(`defaults.${mode}: ${level.problem}`);
    if (version.problem) problems.push(`defaults.${mode}-version: ${version.problem}`);
    return { level: level.value, minor: version.value };
  };
  const policy = { enforce: ofMode('enforce'), audit: ofMode('audit'), warn: ofMode('warn') };
  const names = modes.flatMap((mode) => [mode, `${mode}-version`]);
  for (const name of known.keys()) {
    if (!names.includes(name)) problems.push(`defaults: unknown field ${JSON.stringify(name)}`);
  }
  if (problems.length > 0) throw new UsageError(`PodSecurity: ${problems.join('; ')}`);
  const { usernames = [], runtimeClasses = [], namespaces = [] } = exemptions;
  return { defaults: policy, exemptions: { usernames, runtimeClasses, namespaces } };
}
