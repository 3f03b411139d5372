/** What a container runs as: command, user, capabilities. From pod spec and image config. Pure. */
import type { Container, Pod } from '../../api/types/core-v1.generated.ts';
import type { ImageConfig } from '../images/store.ts';
import { expand } from '../plan-env.ts';
import { configError, StartError } from '../start-error.ts';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * argv. As Kubernetes has it: `command` replaces the entrypoint and with it the image's Cmd;
 * `args` alone replaces only Cmd.
 */
export function planArgs(
  container: Container,
  image: ImageConfig,
  env: ReadonlyMap<string, string>,
): string[] {
  const words = (texts: readonly string[] = []) =>
    texts.map((text) => expand(text, (name) => env.get(name)));
  const hasCommand = (container.command?.length ?? 0) > 0;
  const hasArgs = (container.args?.length ?? 0) > 0;
  const command = hasCommand ? words(container.command) : [...(image.Entrypoint ?? [])];
  const args = hasCommand || hasArgs ? words(container.args) : [...(image.Cmd ?? [])];
  const all = [...command, ...args];
  if (all.length === 0) throw new StartError('CreateContainerError', 'no command specified');
  return all;
}

/** `NAME=value` lines: the image's, then the pod's over them. */
export function planEnvironment(
  image: ImageConfig,
  env: ReadonlyMap<string, string>,
  more: { readonly hostname: string; readonly terminal: boolean },
): string[] {
  const all = new Map<string, string>();
  const lines = [
    defaultPath,
    ...(more.terminal ? ['TERM=xterm'] : []),
    `HOSTNAME=${more.hostname}`,
  ];
  for (const line of [...lines, ...(image.Env ?? [])]) {
    const equals = line.indexOf('=');
    if (equals > 0) all.set(line.slice(0, equals), line.slice(equals + 1));
  }
  for (const [name, value] of env) all.set(name, value);
  return [...all].map(([name, value]) => `${name}=${value}`);
}

/** The image's /etc/passwd and /etc/group, as far as they could be read. */
export interface Accounts {
  readonly passwd: string;
  readonly group: string;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** @throws StartError CreateContainerConfigError where a policy forbids the user */
export function planUser(
  { pod, container, title }: { pod: Pod; container: Container; title: string },
  imageUser: string,
  accounts: Accounts,
): User {
  const podSecurity = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? podSecurity.runAsUser;
  const named = findUser(runAsUser === undefined ? imageUser : String(runAsUser), accounts);
  const uid = named.uid;
  const runAsGroup = own.runAsGroup ?? podSecurity.runAsGroup;
  const gid = runAsGroup ?? named.gid;
  if (own.runAsNonRoot ?? podSecurity.runAsNonRoot) {
    const where = `(pod: "${title}", container: ${container.name})`;
    const isNumeric = runAsUser !== undefined || /^\d+(:|$)/.test(imageUser);
    checkNonRoot({ runAsUser, uid, imageUser, isNumeric, where });
  }
  const extra = podSecurity.supplementalGroups ?? [];
  const ofImage = podSecurity.supplementalGroupsPolicy === 'Strict' ? [] : named.memberOf;
  const fsGroup = podSecurity.fsGroup === undefined ? [] : [podSecurity.fsGroup];
  const additionalGids = [...new Set([...extra, ...fsGroup, ...ofImage])];
  return { uid, gid, additionalGids };
}

/** What a container may do as root: the default set of containerd, changed by the spec. */
export function planCapabilities({ securityContext }: Container): string[] {
  if (securityContext?.privileged) return allCapabilities.map(prefixed);
  const { add = [], drop = [] } = securityContext?.capabilities ?? {};
  const [added, dropped] = [add.map(bare), drop.map(bare)];
  const unknown = [...added, ...dropped].find((name) => name !== 'ALL' && !known.has(name));
  if (unknown) throw new StartError('CreateContainerError', `unknown capability "CAP_${unknown}"`);
  const start = added.includes('ALL') ? allCapabilities : defaults;
  const kept = dropped.includes('ALL') ? [] : start.filter((name) => !dropped.includes(name));
  const named = added.filter((name) => name !== 'ALL');
  return [...new Set([...kept, ...named])].map(prefixed);
}

/** How soon the kernel's OOM killer takes the container: upstream's formula. */
export function planOomScore(
  qos: string,
  memoryRequestBytes: number,
  memoryCapacityBytes: number,
): number {
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const score = 1000 - Math.floor((1000 * memoryRequestBytes) / memoryCapacityBytes);
  return Math.min(Math.max(score, 3), 999);
}

/** SIGTERM unless the spec or the image names another: `SIGINT`, `SIGRTMIN+3`, `15`. */
export function planStopSignal(container: Container | undefined, image: ImageConfig): string {
  return container?.lifecycle?.stopSignal || image.StopSignal || 'SIGTERM';
}

function checkNonRoot(user: {
  runAsUser: number | undefined;
  uid: number;
  imageUser: string;
  isNumeric: boolean;
  where: string;
}): void {
  const { runAsUser, uid, imageUser, isNumeric, where } = user;
  if (runAsUser === 0) throw configError(`container's runAsUser breaks non-root policy ${where}`);
  if (!isNumeric && imageUser !== '') {
    throw configError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`,
    );
  }
  if (uid === 0) {
    throw configError(`container has runAsNonRoot and image will run as root ${where}`);
  }
}

interface Named extends User {
  readonly memberOf: readonly number[];
}

/** `name`, `uid`, `name:group` or `uid:gid`. A number is never looked up as a name. */
function findUser(text: string, { passwd, group }: Accounts): Named {
  const [user = '', groupPart] = (text || '0').split(':');
  const users = rows(passwd);
  const isNumber = /^\d+$/.test(user);
  const row = users.find((each) => (isNumber ? each[2] === user : each[0] === user));
  if (!isNumber && !row) {
    throw new StartError('CreateContainerError', `no users found in the image named ${user}`);
  }
  const uid = idOf(isNumber ? user : row?.[2], 'user');
  const memberOf = row ? rows(group).filter((each) => each[3]?.split(',').includes(row[0]!)) : [];
  const gids = memberOf.map((each) => idOf(each[2], 'group'));
  const gid = groupPart ? findGroup(groupPart, group) : row ? idOf(row[3], 'group') : 0;
  return { uid, gid, additionalGids: [], memberOf: gids };
}

function findGroup(text: string, group: string): number {
  if (/^\d+$/.test(text)) return idOf(text, 'group');
  const row = rows(group).find(([name]) => name === text);
  if (!row) {
    throw new StartError('CreateContainerError', `no groups found in the image named ${text}`);
  }
  return idOf(row[2], 'group');
}

/** Below 2^31: a larger one would wrap around to another user, 2^32 to root. */
function idOf(text: string | undefined, kind: string): number {
  const id = /^\d{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (id < 2 ** 31) return id;
  throw new StartError('CreateContainerError', `the image's ${kind} id ${text} is out of range`);
}

const rows = (file: string) => file.split('\n').map((line) => line.split(':'));
const bare = (name: string) => name.toUpperCase().replace(/^CAP_/, '');
const prefixed = (name: string) => `CAP_${name}`;

const defaults = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];
/** capabilities(7), in the kernel's order. */
const allCapabilities = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'],
  ...['SETPCAP', 'LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW'],
  ...['IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT'],
  ...['SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD'],
  ...['LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG'],
  ...['WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE'],
];
const known = new Set(allCapabilities);
