/** Every command, its sentence, and where its code is: only what is run is loaded. */
import type { Command } from './command.ts';
import { components } from './components.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const instanceCommands: Readonly<Record<string, Entry>> = {
  up: {
    summary: 'Run a one-node cluster in the foreground.',
    load: async () => (await import('./commands/up.ts')).up,
  },
  down: {
    summary: 'Stop a running cluster, its pods too; the state stays.',
    load: async () => (await import('./commands/down.ts')).down,
  },
  status: {
    summary: 'Tell what runs, and whether it is well.',
    load: async () => (await import('./commands/status.ts')).status,
  },
  reset: {
    summary: 'Remove every trace of an instance, also after a crash.',
    load: async () => (await import('./commands/reset.ts')).reset,
  },
  image: {
    summary: 'Import, list, remove images; build the base image.',
    load: async () => (await import('./commands/image.ts')).image,
  },
  kubeconfig: {
    summary: 'Print a kubeconfig for a user.',
    load: async () => (await import('./commands/kubeconfig.ts')).kubeconfig,
  },
  etcd: {
    summary: 'Look into the state: its keys, and what is under one.',
    load: async () => (await import('./commands/etcd.ts')).etcd,
  },
  backup: {
    summary: 'Write the state and the certificates to a file, while all runs on.',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  restore: {
    summary: 'Put a backup in the place of a state.',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  trace: {
    summary: 'Tell where a packet to a Service goes, and why.',
    load: async () => (await import('./commands/trace.ts')).trace,
  },
  doctor: {
    summary: 'Check what this machine has and lacks.',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
};

export const commands: Readonly<Record<string, Entry>> = {
  ...instanceCommands,
  ...Object.fromEntries(
    Object.entries(components).map(([name, { summary }]) => [
      name,
      { summary, load: async () => (await import('./run.ts')).componentCommand(name) },
    ]),
  ),
};

/** Named in the design, and still to come. */
export const absentCommands: Readonly<Record<string, true>> = {
  server: true,
  node: true,
  token: true,
  ingress: true,
  'metrics-server': true,
  dashboard: true,
  lab: true,
};
