/** The agent's end of a pod's monitor: starts one, or adopts one that an earlier agent started. */
import { join } from 'node:path';
import type {
  ContainerSpec,
  ContainerState,
  ExecSpec,
  Monitor,
  SandboxSpec,
  SandboxState,
} from './monitor.ts';
import { MonitorConnection } from './monitor-connection.ts';
import { keepSealedCopies, launchMonitor, type MonitorDeps } from './monitor-launch.ts';
import { openStream } from './monitor-stream.ts';
import {
  containerFields,
  decodeContainers,
  decodeFields,
  execFields,
  type Fields,
  type Frame,
  frameTypes,
  wireVersion,
} from './monitor-wire.ts';

/**
 * Makes the pod's sandbox with a monitor of its own, which from then on needs nobody.
 * Rejects with a MonitorError when a step failed; nothing is left of it then.
 */
export async function startMonitor(spec: SandboxSpec, deps: MonitorDeps): Promise<Monitor> {
  const pausePid = await launchMonitor(spec, deps);
  const monitor = await connectMonitor(join(spec.runDir, 'monitor.sock'));
  keepSealedCopies(deps, { monitorPid: monitor.pid, pausePid });
  return monitor;
}

/** Rejects with ENOENT or ECONNREFUSED when there is no monitor. */
export async function connectMonitor(socketPath: string): Promise<Monitor> {
  const client = new MonitorClient(socketPath);
  client.connection = await MonitorConnection.open(socketPath, client);
  const hello = new Map(await client.connection.request(frameTypes.hello, [['events', '1']]));
  if (Number(hello.get('version')) < wireVersion) {
    client.disconnect();
    throw new Error(`The monitor at ${socketPath} speaks version ${hello.get('version')}`);
  }
  client.pid = Number(hello.get('pid'));
  return client;
}

class MonitorClient implements Monitor {
  connection!: MonitorConnection;
  pid = 0;
  private readonly socketPath: string;
  private readonly exitListeners: ((state: ContainerState) => void)[] = [];
  private readonly lostListeners: (() => void)[] = [];
  private isLettingGo = false;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  async state(): Promise<SandboxState> {
    const fields = await this.connection.request(frameTypes.state);
    const head = new Map(fields.slice(0, 3)); // Before the first container: request, id, pausePid.
    return {
      id: head.get('id') ?? '',
      pausePid: Number(head.get('pausePid')),
      containers: decodeContainers(fields),
    };
  }

  async start(spec: ContainerSpec): Promise<ContainerState> {
    const fields = await this.connection.request(frameTypes.start, containerFields(spec));
    return decodeContainers(fields)[0]!;
  }

  async signal(id: string, signal: number) {
    await this.connection.request(frameTypes.signal, [...named(id), ['signal', String(signal)]]);
  }

  async reopenLog(id: string) {
    await this.connection.request(frameTypes.reopenLog, named(id));
  }

  async remove(id: string) {
    await this.connection.request(frameTypes.remove, named(id));
  }

  exec(id: string, spec: ExecSpec) {
    return openStream(this.socketPath, frameTypes.exec, execFields(id, spec));
  }

  attach(id: string) {
    return openStream(this.socketPath, frameTypes.attach, named(id));
  }

  onExit(listener: (state: ContainerState) => void) {
    this.exitListeners.push(listener);
  }

  onLost(listener: () => void) {
    this.lostListeners.push(listener);
  }

  async shutdown() {
    this.isLettingGo = true;
    await this.connection.request(frameTypes.shutdown);
    this.connection.close();
  }

  disconnect() {
    this.isLettingGo = true;
    this.connection.close();
  }

  onFrame({ type, payload }: Frame) {
    if (type !== frameTypes.exited) return; // From a newer monitor: not for us.
    for (const state of decodeContainers(decodeFields(payload))) {
      for (const listener of this.exitListeners) listener(state);
    }
  }

  onClose() {
    if (this.isLettingGo) return;
    for (const listener of this.lostListeners) listener();
  }
}

const named = (id: string): Fields => [['id', id]];
