/** Runs a plugin that is somebody else's: found on the path, environment and stdin as specified. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../base/errors.ts';
import { run } from '../native/run.ts';
import { parseObject } from './config.ts';
import { CniError } from './error.ts';
import type { Host } from './plugin.ts';
import { attachmentsKey, type PluginRequest } from './request.ts';
import { type CniResult, emptyResult, parseResult, renderResult } from './result.ts';

const timeoutMs = 60_000;

/**
 * The result of ADD; for the other commands an empty one.
 * @throws CniError: the plugin's own code and words, or ours when it printed something else
 */
export async function executePlugin(
  type: string,
  request: PluginRequest,
  { netnsPath }: Pick<Host, 'netnsPath'>,
): Promise<CniResult> {
  const { command, conf } = request;
  const program = findPlugin(type, request.binDirs);
  const [file, args] = netnsPath ? ['nsenter', [`--net=${netnsPath}`, program]] : [program, []];
  const input = JSON.stringify(stdinOf(request));
  const env = environmentOf(request);
  const { code, stdout, stderr } = await run(file, args, { input, env, timeoutMs }).catch(
    (cause) => {
      const isLate = hasCode(cause, 'ETIMEDOUT');
      throw new CniError(isLate ? 'internal' : 'ioFailure', cause.message, { cause });
    },
  );
  if (code !== 0) throw errorOf(type, { code, stdout, stderr });
  if (command !== 'ADD') return emptyResult;
  try {
    return parseResult(parseObject(stdout), conf.cniVersion);
  } catch (cause) {
    throw new CniError('decodeFailure', `plugin ${type} printed no result`, {
      cause,
      details: stdout.slice(0, 500),
    });
  }
}

/** `type` has been checked to be a plain name. @throws CniError 7 */
export function findPlugin(type: string, binDirs: readonly string[]): string {
  const file = binDirs.map((dir) => join(dir, type)).find(isExecutable);
  if (file) return file;
  throw new CniError('invalidConfig', `there is no plugin ${type} in ${binDirs.join(':')}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function stdinOf({ command, conf, prevResult, validAttachments }: PluginRequest) {
  return {
    ...conf,
    ...(prevResult && { prevResult: renderResult(prevResult, conf.cniVersion) }),
    ...(command === 'GC' && {
      [attachmentsKey]: validAttachments.map(({ containerId, ifName }) => ({
        containerID: containerId,
        ifname: ifName,
      })),
    }),
  };
}

/** With a PATH: plugins call programs such as iptables. */
function environmentOf(request: PluginRequest): Record<string, string> {
  const { command, containerId, ifName, netnsPath, args, binDirs } = request;
  const all = {
    CNI_COMMAND: command,
    CNI_CONTAINERID: containerId,
    CNI_IFNAME: ifName,
    CNI_NETNS: netnsPath,
    CNI_ARGS: [...args].map(([key, value]) => `${key}=${value}`).join(';'),
    CNI_PATH: binDirs.join(':'),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function errorOf(type: string, { code, stdout, stderr }: Output): CniError {
  try {
    const { code: cniCode, msg, details } = parseObject(stdout);
    if (typeof cniCode === 'number' && typeof msg === 'string') {
      const more = typeof details === 'string' && details !== '' ? { details } : {};
      return new CniError(cniCode, `plugin ${type}: ${msg}`, more);
    }
  } catch {
    // It printed no JSON; what it did print says more than that.
  }
  const details = `${stderr}${stdout}`.trim().slice(-500);
  return new CniError('internal', `plugin ${type} ended with ${code}`, details ? { details } : {});
}
