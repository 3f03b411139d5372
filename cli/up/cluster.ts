/** Brings a one-node cluster up step by step, and takes it down again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadBridgeFilter, recordSysctls } from '../../agent/cleanup.ts';
import { systemClock } from '../../base/clock.ts';
import { connect } from '../../client/connect.ts';
import { run } from '../../native/run.ts';
import { ensureBaseImage } from '../base-image.ts';
import { removeKernelObjects } from '../cleanup.ts';
import type { Surroundings } from '../command.ts';
import { examineMachine, whatIsMissing } from '../doctor.ts';
import {
  describeProcess,
  type ProcessRecord,
  removeRecord,
  writeRecord,
} from '../process-record.ts';
import type { Progress } from '../progress.ts';
import { applyAddons } from './addons.ts';
import { writeCredentials } from './credentials.ts';
import { dnsManifest } from './dns-addon.ts';
import { type ClusterSettings, planProcesses } from './plan.ts';
import { waitForDns, waitForNode } from './ready.ts';
import { Supervisor } from './supervisor.ts';

/** What a component may take to end; the agent's share is its pods' grace. */
const stopGraceMs = 20_000;

export interface Cluster {
  stop(progress: Progress): Promise<void>;
}

/** @throws with everything already taken down again, so that nothing is left half made. */
export async function startCluster(
  settings: ClusterSettings,
  progress: Progress,
  { self, env, stopped }: Surroundings,
): Promise<Cluster> {
  const { instance } = settings;
  await progress.step('Machine', async () => {
    const missing = whatIsMissing(examineMachine(env.PATH ?? ''));
    if (missing) throw new Error(`this machine lacks something:\n${missing}`);
  });
  for (const folder of [instance.root, instance.logDir, instance.addonDir, instance.runDir]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  await loadBridgeFilter(run); // Before its sysctls are noted.
  recordSysctls(instance.runDir);
  let state: ProcessRecord['state'] = 'starting';
  const record = () => {
    const processes = Object.entries(supervisor.pids()).map(([name, pid]) =>
      describeProcess(name, pid),
    );
    writeRecord(instance, { up: describeProcess('up', process.pid), processes, state });
  };
  const supervisor = new Supervisor({
    self,
    logDir: instance.logDir,
    clock: systemClock,
    onChange: ({ name, event, detail }) => {
      record();
      if (event === 'ended') progress.note(`${name} ended (${detail}); it is started again`);
    },
  });
  const cluster: Cluster = {
    async stop(during) {
      state = 'stopping';
      await during.step('Components and pods', () => supervisor.stop(stopGraceMs));
      await during.step('Network and cgroups', () => removeKernelObjects(instance));
      removeRecord(instance);
    },
  };
  record();
  try {
    await progress.step('Certificates', () => writeCredentials(settings));
    await progress.step('Base image', () => ensureBaseImage(instance));
    await Promise.race([startProcesses(settings, supervisor, progress), interruption(stopped)]);
    state = 'ready';
    record();
    return cluster;
  } catch (error) {
    await cluster.stop(progress);
    throw error;
  }
}

/** A Ctrl-C while starting: nobody waits any longer, what is up so far is taken down. */
async function interruption(stopped: Promise<string>): Promise<never> {
  throw new Error(`interrupted by ${await stopped}`);
}

/** The API server first; then all others side by side, while the add-ons are applied. */
async function startProcesses(
  settings: ClusterSettings,
  supervisor: Supervisor,
  progress: Progress,
): Promise<void> {
  const { instance } = settings;
  const [first, ...others] = planProcesses(settings);
  const client = connect({ kubeconfig: instance.adminKubeconfig });
  try {
    await progress.step(nameStep(first!.name), () => supervisor.start(first!));
    await Promise.all([
      progress.step('Add-ons', () => {
        writeFileSync(`${instance.addonDir}/kube-dns.yaml`, dnsManifest(settings), { mode: 0o600 });
        return applyAddons(client, instance.addonDir);
      }),
      ...others.map((each) => progress.step(nameStep(each.name), () => supervisor.start(each))),
      progress.step('Node ready', () => waitForNode(client, settings)),
      progress.step('DNS answers', () => waitForDns(settings)),
    ]);
  } finally {
    client.close();
  }
}

const stepNames: Readonly<Record<string, string>> = {
  apiserver: 'API server',
  'controller-manager': 'Controllers',
  scheduler: 'Scheduler',
  agent: 'Agent',
  proxy: 'Service proxy',
  dns: 'Cluster DNS',
  cluster: 'All components',
};

const nameStep = (name: string) => stepNames[name] ?? name;
