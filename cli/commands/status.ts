import { nodes } from '../../api/resources.ts';
import { toggle } from '../../base/config.ts';
import { messageOf } from '../../base/errors.ts';
import { connect } from '../../client/connect.ts';
import { defineCommand } from '../command.ts';
import { type Instance, instanceFlags, instanceOf } from '../instance.ts';
import { isAlive, readRecord } from '../process-record.ts';

interface Report {
  readonly name: string;
  readonly root: string;
  readonly state: 'stopped' | 'crashed' | 'starting' | 'ready' | 'stopping';
  readonly processes: readonly { name: string; pid: number; alive: boolean }[];
  readonly nodes: readonly { name: string; ready: boolean }[];
  readonly problem?: string;
}

export const status = defineCommand({
  flags: { ...instanceFlags, json: toggle('Print JSON.') },
  async run({ json, ...config }, _, { print }) {
    const report = await examine(instanceOf(config));
    if (json) print(JSON.stringify(report, undefined, 2));
    else describe(report, print);
    return report.state === 'ready' && !report.problem ? 0 : 1;
  },
});

async function examine(instance: Instance): Promise<Report> {
  const record = readRecord(instance);
  const base = { name: instance.name, root: instance.root, processes: [], nodes: [] };
  if (!record) return { ...base, state: 'stopped' };
  const processes = [record.up, ...record.processes].map((each) => ({
    name: each.name,
    pid: each.pid,
    alive: isAlive(each),
  }));
  if (!isAlive(record.up)) return { ...base, processes, state: 'crashed' };
  try {
    return { ...base, processes, state: record.state, nodes: await listNodes(instance) };
  } catch (error) {
    return { ...base, processes, state: record.state, problem: messageOf(error) };
  }
}

async function listNodes({ adminKubeconfig }: Instance) {
  const client = connect({ kubeconfig: adminKubeconfig });
  try {
    const { items } = await client.list(nodes);
    return items.map(({ metadata, status: { conditions = [] } = {} }) => ({
      name: metadata?.name ?? '',
      ready: conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    }));
  } finally {
    client.close();
  }
}

function describe(
  { name, state, processes, nodes: found, problem }: Report,
  print: (line: string) => void,
) {
  print(`${name} is ${state}`);
  for (const each of processes) {
    print(`  ${each.alive ? '✔' : '✘'} ${each.name.padEnd(20)} pid ${each.pid}`);
  }
  for (const node of found) print(`  ${node.ready ? '✔' : '✘'} node ${node.name}`);
  if (problem) print(`  ✘ ${problem}`);
}
