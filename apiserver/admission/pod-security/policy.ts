/** Which level of the Pod Security Standards a namespace asks for, by its labels. Pure. */
import { invalidValue } from '../../../api/validation/cause.ts';
import type { StatusCause } from '../../../base/errors.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

export interface LevelVersion {
  readonly level: Level;
  /** Of Kubernetes 1.x; Infinity is `latest`. */
  readonly minor: number;
}

export type Mode = 'enforce' | 'audit' | 'warn';

export type Policy = Readonly<Record<Mode, LevelVersion>>;

export const modes: readonly Mode[] = ['enforce', 'audit', 'warn'];

const strictness: readonly Level[] = ['privileged', 'baseline', 'restricted'];

export const isStricter = (a: Level, b: Level): boolean =>
  strictness.indexOf(a) > strictness.indexOf(b);

export const isSame = (a: LevelVersion, b: LevelVersion): boolean =>
  a.level === b.level && a.minor === b.minor;

/** `restricted:latest`, `baseline:v1.30` */
export const describe = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;

const prefix = 'pod-security.kubernetes.io/';

/**
 * What cannot be read enforces the strictest there is, and neither warns nor is audited.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy,
): { policy: Policy; problems: StatusCause[] } {
  const problems: StatusCause[] = [];
  const known = new Map(Object.entries(labels ?? {}));
  const read = <T>(name: string, fallback: T, parse: (text: string) => Parsed<T>): T => {
    const text = known.get(prefix + name);
    if (text === undefined) return fallback;
    const { value, problem } = parse(text);
    const field = `metadata.labels[${prefix}${name}]`;
    if (problem) problems.push(invalidValue(field, text, problem));
    return value;
  };
  const ofMode = (mode: Mode): LevelVersion => ({
    level: read(mode, defaults[mode].level, (text) => {
      const parsed = parseLevel(text);
      const isLenient = parsed.problem !== undefined && mode !== 'enforce';
      return isLenient ? { ...parsed, value: 'privileged' } : parsed;
    }),
    minor: read(`${mode}-version`, defaults[mode].minor, parseVersion),
  });
  const policy = { enforce: ofMode('enforce'), audit: ofMode('audit'), warn: ofMode('warn') };
  return { policy, problems };
}

interface Parsed<T> {
  readonly value: T;
  readonly problem?: string;
}

export function parseLevel(text: string): Parsed<Level> {
  const level = strictness.find((each) => each === text);
  if (level) return { value: level };
  return { value: 'restricted', problem: `must be one of ${strictness.join(', ')}` };
}

export function parseVersion(text: string): Parsed<number> {
  if (text === 'latest') return { value: Infinity };
  const [, minor] = /^v1\.(0|[1-9]\d{0,5})$/.exec(text) ?? [];
  if (minor !== undefined) return { value: Number(minor) };
  return { value: Infinity, problem: 'must be "latest" or "v1.x"' };
}
