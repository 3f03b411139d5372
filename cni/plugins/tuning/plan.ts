/** tuning's configuration → sysctls and a change of the link. Pure. */
import { CniError } from '../../error.ts';
import { checkMac, flagOf, numberOf, parseMacRequest, textOf } from '../../options.ts';
import type { PluginRequest } from '../../request.ts';

export interface TuningPlan {
  /** As paths below /proc/sys. */
  readonly sysctls: readonly (readonly [path: string, value: string])[];
  readonly link: LinkSettings;
  readonly dataDir: string;
}

export interface LinkSettings {
  readonly mac?: string;
  readonly mtu?: number;
  readonly isPromiscuous?: boolean;
  readonly isAllMulticast?: boolean;
  readonly txQueueLength?: number;
}

const defaultDataDir = '/run/cni/tuning';
const u32Max = 0xffff_ffff;

/** @throws CniError 7 */
export function planTuning(request: PluginRequest): TuningPlan {
  const { conf, ifName } = request;
  const written = textOf(conf, 'mac');
  const mac = parseMacRequest(request) ?? (written === undefined ? undefined : checkMac(written));
  const mtu = numberOf(conf, 'mtu', u32Max) || undefined;
  const txQueueLength = numberOf(conf, 'txQLen', u32Max);
  const flag = (field: string) => (conf[field] === undefined ? undefined : flagOf(conf, field));
  // As the reference has it, `promisc` can only be asked for; `allmulti` may be false too.
  const [isPromiscuous, isAllMulticast] = [flag('promisc') || undefined, flag('allmulti')];
  return {
    sysctls: planSysctls(conf.sysctl, ifName),
    link: {
      ...(mac !== undefined && { mac }),
      ...(mtu !== undefined && { mtu }),
      ...(isPromiscuous !== undefined && { isPromiscuous }),
      ...(isAllMulticast !== undefined && { isAllMulticast }),
      ...(txQueueLength !== undefined && { txQueueLength }),
    },
    dataDir: dataDirOf(request),
  };
}

/** What DEL and GC need. */
export const dataDirOf = ({ conf }: PluginRequest): string =>
  textOf(conf, 'dataDir') ?? defaultDataDir;

function planSysctls(raw: unknown, ifName: string): [path: string, value: string][] {
  if (raw === undefined || raw === null) return [];
  if (typeof raw !== 'object' || Array.isArray(raw)) throw invalid('sysctl must be an object');
  return Object.entries(raw).map(([name, value]) => {
    if (typeof value !== 'string') throw invalid(`sysctl ${name} must be a string`);
    return [sysctlPath(name, ifName), value];
  });
}

/**
 * `net.ipv4.conf.IFNAME.arp_filter`; IFNAME stands for the interface. As sysctl(8) has it, the
 * first separator decides: after a slash dots are part of names. Only `net` is the pod's own.
 */
function sysctlPath(name: string, ifName: string): string {
  const isSlashed = /^[^.]*\//.test(name);
  const words = name.split(isSlashed ? '/' : '.');
  const path = words.map((word) => (word === 'IFNAME' ? ifName : word)).join('/');
  const isPlain = words.every((word) => /^[\w.:@-]+$/.test(word) && !/^\.+$/.test(word));
  if (words[0] !== 'net' || words.length < 2 || !isPlain) {
    throw invalid(`${JSON.stringify(name)} is no sysctl of a network namespace`);
  }
  return path;
}

/** Each line of the administrator's list is an expression that a whole name may match. */
export function checkAllowed(plan: TuningPlan, list: string | undefined): void {
  if (list === undefined) return;
  const lines = list.split('\n').map((line) => line.trim());
  const patterns = lines.filter((line) => line !== '' && !line.startsWith('#')).map(toPattern);
  for (const [path] of plan.sysctls) {
    const names = [path, path.replaceAll('/', '.')];
    if (!patterns.some((pattern) => names.some((name) => pattern.test(name)))) {
      throw invalid(`sysctl ${names[1]} is not on the allow list`);
    }
  }
}

function toPattern(line: string): RegExp {
  try {
    return new RegExp(line);
  } catch (cause) {
    throw new CniError('invalidConfig', `the allow list has ${JSON.stringify(line)}`, { cause });
  }
}

const invalid = (message: string) => new CniError('invalidConfig', message);
