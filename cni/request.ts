/** What a runtime asks of a plugin: environment and stdin, checked and typed. */
import {
  checkContainerId,
  checkIfName,
  type NetworkConf,
  parseCniArgs,
  parseNetworkConf,
} from './config.ts';
import { CniError } from './error.ts';
import { type CniResult, parseResult } from './result.ts';
import { isAtLeast, type Version } from './version.ts';

export const commands = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const;
export type Command = (typeof commands)[number];

export interface Attachment {
  readonly containerId: string;
  readonly ifName: string;
}

export interface AttachmentSpec extends Attachment {
  readonly netnsPath: string;
  /** CNI_ARGS: K8S_POD_NAME and the like. */
  readonly args?: Readonly<Record<string, string>>;
  /** portMappings, bandwidth, …: for the plugins that declare the capability. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
}

export interface DetachSpec extends AttachmentSpec {
  /**
   * The caller drops the namespace next, and the kernel its links with it: deleting one takes
   * about 20 ms.
   */
  readonly dropsNetns?: boolean;
}

/** For ADD, DEL and CHECK all is set; for GC and STATUS the attachment's parts are empty. */
export interface PluginRequest extends Attachment {
  readonly command: Exclude<Command, 'VERSION'>;
  /** As given, and as results repeat it; empty when a DEL comes after the namespace. */
  readonly netnsPath: string;
  /** Where to open it, when that is another path than the caller's. */
  readonly netnsRealPath?: string;
  readonly args: ReadonlyMap<string, string>;
  /** CNI_PATH. */
  readonly binDirs: readonly string[];
  readonly conf: NetworkConf;
  readonly prevResult?: CniResult;
  /** Of GC: whatever belongs to nobody here goes. */
  readonly validAttachments: readonly Attachment[];
  /** The caller gives the namespace up right after DEL, and with it its links. */
  readonly dropsNetns?: boolean;
}

/** Where to open the pod's namespace. */
export const netnsOf = ({ netnsPath, netnsRealPath }: PluginRequest): string =>
  netnsRealPath ?? netnsPath;

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws CniError 4 */
export function parseCommand({ CNI_COMMAND: text = '' }: Environment): Command {
  const command = commands.find((each) => each === text);
  if (command) return command;
  throw new CniError(
    'invalidEnvironment',
    text === '' ? 'CNI_COMMAND is missing' : `unknown CNI_COMMAND: ${JSON.stringify(text)}`,
  );
}

/** @throws CniError 1, 4, 6, 7 */
export function parseRequest(env: Environment, stdin: string): PluginRequest {
  const command = parseCommand(env);
  if (command === 'VERSION') throw new CniError('internal', 'VERSION has no request');
  const conf = parseNetworkConf(stdin);
  checkVersionHas(command, conf.cniVersion);
  return toRequest(command, env, conf);
}

export function toRequest(
  command: PluginRequest['command'],
  env: Environment,
  conf: NetworkConf,
): PluginRequest {
  const hasAttachment = command === 'ADD' || command === 'DEL' || command === 'CHECK';
  const { CNI_NETNS: netnsPath = '', CNI_ARGS = '', CNI_PATH = '' } = env;
  if (netnsPath === '' && (command === 'ADD' || command === 'CHECK')) {
    throw new CniError('invalidEnvironment', 'CNI_NETNS is missing');
  }
  const { prevResult } = conf;
  const hasResult = prevResult !== undefined && prevResult !== null;
  if (command === 'CHECK' && !hasResult) {
    throw new CniError('invalidConfig', 'CHECK needs a prevResult');
  }
  return {
    command,
    containerId: hasAttachment ? checkContainerId(env.CNI_CONTAINERID ?? '') : '',
    ifName: hasAttachment ? checkIfName(env.CNI_IFNAME ?? '') : '',
    netnsPath,
    args: parseCniArgs(CNI_ARGS),
    binDirs: CNI_PATH.split(':').filter((dir) => dir !== ''),
    conf,
    ...(hasResult && { prevResult: parseResult(prevResult, conf.cniVersion) }),
    validAttachments: command === 'GC' ? parseAttachments(conf) : [],
  };
}

/** CHECK came with 0.4.0, GC and STATUS with 1.1.0. */
function checkVersionHas(command: Command, version: Version): void {
  const floor = command === 'CHECK' ? '0.4.0' : '1.1.0';
  const isOld = command === 'CHECK' || command === 'GC' || command === 'STATUS';
  if (isOld && !isAtLeast(version, floor)) {
    throw new CniError('incompatibleVersion', `config version does not allow ${command}`, {
      details: `config is ${version}, ${command} came with ${floor}`,
    });
  }
}

export const attachmentsKey = 'cni.dev/valid-attachments';

/** Go writes an empty list as null. A missing one must not take every pod's address. */
function parseAttachments(conf: NetworkConf): Attachment[] {
  const given =
    conf[attachmentsKey] === undefined ? conf['cni.dev/attachments'] : conf[attachmentsKey];
  const raw = given === null ? [] : given;
  if (!Array.isArray(raw)) throw new CniError('invalidConfig', `GC needs ${attachmentsKey}`);
  return raw.map((each) => {
    const { containerID: containerId, ifname: ifName } = Object(each);
    if (typeof containerId !== 'string' || typeof ifName !== 'string') {
      throw new CniError('invalidConfig', `${attachmentsKey}[] need containerID and ifname`);
    }
    return { containerId, ifName };
  });
}
