/** What this machine is, read from /proc, /sys and /etc: once at start, and disk and memory anew. */
import { readFileSync, statfsSync } from 'node:fs';
import { arch, availableParallelism } from 'node:os';

export interface MachineFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number; // Of the file system that holds the root.
  readonly info: {
    readonly architecture: string;
    readonly bootID: string;
    readonly kernelVersion: string;
    readonly machineID: string;
    readonly operatingSystem: 'linux';
    readonly osImage: string;
    readonly systemUUID: string;
  };
}

/** What changes by the minute. */
export interface MachineUse {
  readonly memoryAvailableBytes: number;
  readonly diskAvailableBytes: number;
  readonly diskBytes: number;
  readonly inodesFree: number;
  readonly inodes: number;
}

export function readFacts(root: string): MachineFacts {
  const machineID = firstLine('/etc/machine-id');
  const { bsize, blocks } = statfsSync(root);
  return {
    cpus: availableParallelism(),
    memoryBytes: readMeminfo('MemTotal'),
    diskBytes: bsize * blocks,
    info: {
      architecture: architectures[arch()] ?? arch(),
      bootID: firstLine('/proc/sys/kernel/random/boot_id'),
      kernelVersion: firstLine('/proc/sys/kernel/osrelease'),
      machineID,
      operatingSystem: 'linux',
      osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readOr('/etc/os-release'))?.[1] ?? 'Linux',
      systemUUID: firstLine('/sys/class/dmi/id/product_uuid') || machineID,
    },
  };
}

export function readUse(root: string): MachineUse {
  const { bsize, blocks, bavail, ffree, files } = statfsSync(root);
  return {
    memoryAvailableBytes: readMeminfo('MemAvailable'),
    diskAvailableBytes: bsize * bavail,
    diskBytes: bsize * blocks,
    inodesFree: ffree,
    inodes: files,
  };
}

/** Node's names for what Go's, and so Kubernetes', are. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

function readMeminfo(field: string): number {
  const kilobytes = new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(readOr('/proc/meminfo'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

const firstLine = (path: string) => readOr(path).split('\n')[0]!.trim();

/** Some of these a kernel or a container does not have; an empty answer is the honest one. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
