/** The plugin `tuning`: sysctls of the pod's namespace and settings of its link, in a chain. */
import { readFileSync } from 'node:fs';
import { hasCode } from '../../../base/errors.ts';
import { kernel } from '../../../native/index.ts';
import { type Link, setLink } from '../../../native/netlink.ts';
import { run } from '../../../native/run.ts';
import { failed } from '../../check.ts';
import { CniError } from '../../error.ts';
import { findLink } from '../../links.ts';
import type { Plugin } from '../../plugin.ts';
import { type PodNetns, withPodNetns, withPodNetnsIfAny } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, emptyResult } from '../../result.ts';
import { withUndo } from '../../undo.ts';
import { openBackups } from './backup.ts';
import { checkAllowed, dataDirOf, type LinkSettings, planTuning, type TuningPlan } from './plan.ts';

export const tuning: Plugin = {
  async add(request, host): Promise<CniResult> {
    const plan = planAllowed(request);
    return await withUndo((undo) =>
      withPodNetns(request, host, async (netns) => {
        for (const [path, value] of plan.sysctls) await writeSysctl(netns, path, value);
        if (Object.keys(plan.link).length > 0) {
          const before = settingsOf(await findOwn(netns, request), plan.link);
          const { conf, containerId, ifName } = request;
          const backups = openBackups(plan.dataDir);
          undo.push(async () => backups.remove(conf.name, request));
          backups.write({ network: conf.name, containerId, ifName, link: before });
          undo.push(() => changeLink(netns, request, before));
          await changeLink(netns, request, plan.link);
        }
        return toResult(request, plan);
      }),
    );
  },

  async del(request, host) {
    const backups = openBackups(dataDirOf(request));
    const before = backups.read(request.conf.name, request);
    if (before && !request.dropsNetns) {
      await withPodNetnsIfAny(request, host, async (netns) => {
        if (await findLink(netns.socket, request.ifName)) await changeLink(netns, request, before);
      });
    }
    backups.remove(request.conf.name, request);
  },

  async check(request, host) {
    const plan = planAllowed(request);
    await withPodNetns(request, host, async (netns) => {
      for (const [path, value] of plan.sysctls) {
        const { stdout } = await run('nsenter', [
          `--net=${netns.path}`,
          'cat',
          `/proc/sys/${path}`,
        ]);
        const shown = stdout.trim().split(/\s+/).join(' ');
        if (shown !== value.trim().split(/\s+/).join(' ')) {
          throw failed(`sysctl ${path} is ${shown}, not ${value}`);
        }
      }
      const now = settingsOf(await findOwn(netns, request), plan.link);
      for (const [key, wanted] of Object.entries(plan.link)) {
        const is = now[key as keyof LinkSettings];
        if (is !== wanted) throw failed(`${key} of ${request.ifName} is ${is}, not ${wanted}`);
      }
    });
  },

  async gc(request) {
    openBackups(dataDirOf(request)).keepOnly(request.conf.name, request.validAttachments);
  },

  async status(request) {
    planAllowed(request);
  },
};

/** The administrator's; where there is none everything is allowed. */
const allowListPath = '/etc/cni/tuning/allowlist.conf';

function planAllowed(request: PluginRequest): TuningPlan {
  const plan = planTuning(request);
  if (plan.sysctls.length > 0) checkAllowed(plan, readIfAny(allowListPath));
  return plan;
}

function readIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeSysctl({ path: netns }: PodNetns, path: string, value: string): Promise<void> {
  try {
    await kernel.writeSysctl(path, value, netns);
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT', 'EINVAL', 'EACCES', 'EPERM')) throw cause;
    throw new CniError('invalidConfig', `sysctl ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function findOwn({ socket }: PodNetns, { ifName, netnsPath }: PluginRequest): Promise<Link> {
  const link = await findLink(socket, ifName);
  if (link) return link;
  throw new CniError('invalidConfig', `tuning: there is no link ${ifName} in ${netnsPath}`);
}

/** The link's own values of what `wanted` would change. */
function settingsOf(link: Link, wanted: LinkSettings): LinkSettings {
  const { mac, mtu, isPromiscuous, isAllMulticast, txQueueLength } = link;
  const all: Record<string, unknown> = { mac, mtu, isPromiscuous, isAllMulticast, txQueueLength };
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, all[key]]));
}

async function changeLink(
  { socket }: PodNetns,
  { ifName: name }: PluginRequest,
  settings: LinkSettings,
): Promise<void> {
  await socket.send(setLink({ name }, settings));
}

/** In the result the pod's interface has the new address and size. */
function toResult({ ifName, prevResult = emptyResult }: PluginRequest, { link }: TuningPlan) {
  const { mac, mtu } = link;
  const interfaces = prevResult.interfaces.map((each) =>
    each.sandbox && each.name === ifName
      ? { ...each, ...(mac !== undefined && { mac }), ...(mtu !== undefined && { mtu }) }
      : each,
  );
  return { ...prevResult, interfaces };
}
