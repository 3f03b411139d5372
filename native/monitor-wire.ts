/**
 * The monitor's wire, as pure functions: frames, lists of fields, and what the specs look like in
 * them. native/monitor/frame.h and spec.cc are the other side; test/netns/monitor-wire.test.ts
 * compares the two.
 *
 * A frame is `u32 length of what follows, little endian · u8 type · payload`. Requests and answers
 * carry fields (NUL-terminated `key=value`), stream data is bytes as they are. Each request has a
 * number of its client's choice, `request`, which its answer repeats: `reply`, or `error` with
 * `errno`, `step`, `detail` and `stage` ("exec" when only the execve itself failed). A connection
 * whose `exec` or `attach` is granted becomes that process' stream and ends with `streamEnd`.
 */
import type { ContainerSpec, ContainerState, ExecSpec, Mount, SandboxSpec } from './monitor.ts';

export const frameTypes = {
  hello: 1, // events=1: tell me of containers that end. Answer: version, pid.
  state: 2,
  start: 3,
  signal: 4, // id, signal
  remove: 5, // id
  shutdown: 6,
  exec: 7,
  attach: 8, // id
  reopenLog: 9, // id: the log has been renamed, go on in a new file.
  input: 16,
  inputEnd: 17,
  resize: 18, // columns, rows
  reply: 32,
  error: 33,
  exited: 34, // Pushed: a container's record, as in `state`.
  stdout: 48,
  stderr: 49,
  streamEnd: 50, // exitCode
} as const;

export const wireVersion = 1;
const headerBytes = 5;
/** As the monitor has it: what is longer is a mistake or an attack. */
export const frameLengthMax = 4 * 2 ** 20;

export interface Frame {
  readonly type: number;
  readonly payload: Uint8Array;
}

export type Fields = readonly (readonly [key: string, value: string])[];

export function encodeFrame(type: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const length = payload.length + 1;
  if (length > frameLengthMax) throw new RangeError(`a frame of ${length} bytes is too long`);
  const bytes = new Uint8Array(headerBytes + payload.length);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes[4] = type;
  bytes.set(payload, headerBytes);
  return bytes;
}

/**
 * Cuts a stream of bytes, in whatever pieces it comes, into frames.
 * @throws RangeError when the other side does not speak this protocol.
 */
export class FrameDecoder {
  private rest: Uint8Array = new Uint8Array();

  push(chunk: Uint8Array): Frame[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frames: Frame[] = [];
    let start = 0;
    while (bytes.length - start >= 4) {
      const length = view.getUint32(start, true);
      if (length === 0 || length > frameLengthMax)
        throw new RangeError(`a frame of ${length} bytes`);
      const end = start + 4 + length;
      if (end > bytes.length) break;
      frames.push({ type: bytes[start + 4]!, payload: bytes.subarray(start + headerBytes, end) });
      start = end;
    }
    // A copy: the chunk may be a large buffer that the socket uses again.
    this.rest = bytes.slice(start);
    return frames;
  }
}

/** @throws TypeError for a NUL, which would start a field that nobody meant. */
export function encodeFields(fields: Fields): Uint8Array {
  const text = fields
    .map(([key, value]) => {
      if (key.includes('\0') || value.includes('\0')) {
        throw new TypeError(`${key} must not contain a NUL character`);
      }
      return `${key}=${value}\0`;
    })
    .join('');
  return new TextEncoder().encode(text);
}

export function decodeFields(payload: Uint8Array): [key: string, value: string][] {
  const entries = new TextDecoder().decode(payload).split('\0').slice(0, -1);
  return entries.map((entry) => {
    const equals = entry.indexOf('=');
    if (equals < 0) throw new RangeError(`a field without "=": ${entry}`);
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
}

export function sandboxFields(spec: SandboxSpec, pause: { path: string } | { fd: number }): Fields {
  return [
    ['id', spec.id],
    ['runDir', spec.runDir],
    ['hostname', spec.hostname],
    ...text('netnsPath', spec.netnsPath),
    ...flag('hostPid', spec.hostPid),
    ...flag('hostIpc', spec.hostIpc),
    ...list('cgroupDir', spec.cgroupDirs),
    ...list('monitorCgroupDir', spec.monitorCgroupDirs ?? []),
    ...Object.entries(spec.sysctls ?? {}).map(([name, value]) =>
      pair('sysctl', `${name}=${value}`),
    ),
    'fd' in pause ? pair('pauseFd', String(pause.fd)) : pair('pausePath', pause.path),
  ];
}

export function containerFields(spec: ContainerSpec): Fields {
  return [
    ['id', spec.id],
    ...list('arg', spec.args),
    ...list('env', spec.env),
    ['cwd', spec.cwd],
    ...list('lowerDir', spec.lowerDirs),
    ['upperDir', spec.upperDir],
    ['workDir', spec.workDir],
    ['rootDir', spec.rootDir],
    ...spec.mounts.flatMap(mountFields),
    ['uid', String(spec.uid)],
    ['gid', String(spec.gid)],
    ...list('additionalGid', spec.additionalGids.map(String)),
    ...list('capability', spec.capabilities),
    ...flag('noNewPrivileges', spec.noNewPrivileges),
    ...flag('privileged', spec.privileged),
    ...flag('readOnlyRoot', spec.readOnlyRoot),
    ['oomScoreAdj', String(spec.oomScoreAdj)],
    ...list('cgroupDir', spec.cgroupDirs),
    ...text('logPath', spec.logPath),
    ...flag('terminal', spec.terminal),
    ...flag('stdin', spec.stdin),
    ...flag('sharedPid', spec.sharedPid),
    ...text('pidOf', spec.pidOf),
  ];
}

export function execFields(containerId: string, spec: ExecSpec): Fields {
  return [
    ['id', containerId],
    ...list('arg', spec.args),
    ...flag('hasEnv', spec.env !== undefined),
    ...list('env', spec.env ?? []),
    ...flag('terminal', spec.terminal),
    ...flag('stdin', spec.stdin),
  ];
}

/** One record: from its `container` field up to the next one's. */
export function decodeContainers(fields: Fields): ContainerState[] {
  const records: Map<string, string>[] = [];
  for (const [key, value] of fields) {
    if (key === 'container') records.push(new Map());
    records.at(-1)?.set(key, value);
  }
  return records.map((record) => {
    const optional = (key: string) => {
      const value = record.get(key);
      return value === undefined ? {} : { [key]: Number(value) };
    };
    return {
      id: record.get('container') ?? '',
      status: record.get('status') === 'exited' ? 'exited' : 'running',
      pid: Number(record.get('pid')),
      startedAtMs: Number(record.get('startedAtMs')),
      ...optional('finishedAtMs'),
      ...optional('exitCode'),
      ...optional('signal'),
      ...(record.get('oomKilled') === '1' && { oomKilled: true }),
    };
  });
}

function mountFields(mount: Mount): Fields {
  return [
    ['mount', mount.type],
    ['mount.source', mount.source],
    ['mount.target', mount.target],
    ...text('mount.subPath', mount.subPath),
    ...flag('mount.readOnly', mount.readOnly),
    ...text('mount.options', mount.options),
    ...text('mount.propagation', mount.propagation),
  ];
}

const pair = (key: string, value: string) => [key, value] as const;
const list = (key: string, values: readonly string[]): Fields =>
  values.map((value) => pair(key, value));
const text = (key: string, value: string | undefined): Fields =>
  value === undefined ? [] : [pair(key, value)];
const flag = (key: string, value: boolean | undefined): Fields => (value ? [pair(key, '1')] : []);
