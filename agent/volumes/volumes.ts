/** Sets a pod's volumes up on the node and takes them down; containers bind-mount from here. */
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { quantityValue } from '../../api/quantity.ts';
import { serviceAccounts } from '../../api/resources.ts';
import type { Pod, Volume } from '../../api/types/core-v1.generated.ts';
import { hasCode, wrapError } from '../../base/errors.ts';
import type { Client } from '../../client/client.ts';
import type { Kernel } from '../../native/index.ts';
import { type AgentPaths, podDir, volumeDir } from '../paths.ts';
import { fetchSources, namesInVolume } from '../sources.ts';
import { planVolumeFiles, tokensOf, type VolumeContext } from './plan-volumes.ts';
import { writeVolume } from './write.ts';

const MS_NOSUID = 2;
const MS_NODEV = 4;
const MNT_DETACH = 2;

export interface VolumeDeps {
  readonly client: Client;
  readonly kernel: Kernel;
  readonly paths: AgentPaths;
  readonly now: () => number;
}

export type VolumeFacts = Pick<VolumeContext, 'podIps' | 'hostIps' | 'allocatable'>;

/** Safe to repeat. @throws Error named after the volume, for a FailedMount event */
export async function setUpVolumes(deps: VolumeDeps, pod: Pod, facts: VolumeFacts): Promise<void> {
  for (const volume of pod.spec?.volumes ?? []) {
    try {
      await setUpVolume(deps, pod, volume, facts);
    } catch (error) {
      throw wrapError(`MountVolume.SetUp failed for volume "${volume.name}" `, error);
    }
  }
}

/** Unmounts and removes all of the pod's directory: volumes, files, termination messages. */
export async function removePodDir(
  { kernel, paths }: Pick<VolumeDeps, 'kernel' | 'paths'>,
  uid: string,
): Promise<void> {
  const dir = podDir(paths, uid);
  for (const target of mountsBelow(dir).reverse()) kernel.umount(target, MNT_DETACH);
  // Never remove through a mount: what is there may not be ours.
  if (mountsBelow(dir).length > 0) throw new Error(`something is still mounted below ${dir}`);
  await fs.rm(dir, { recursive: true, force: true });
}

/** Where a container finds the volume on the node. */
export function volumeSource(paths: AgentPaths, pod: Pod, volume: Volume): string {
  return volume.hostPath?.path ?? volumeDir(paths, pod.metadata?.uid ?? '', volume.name);
}

async function setUpVolume(deps: VolumeDeps, pod: Pod, volume: Volume, facts: VolumeFacts) {
  if (volume.hostPath) return checkHostPath(volume.hostPath.path, volume.hostPath.type ?? '');
  const dir = volumeDir(deps.paths, pod.metadata?.uid ?? '', volume.name);
  await fs.mkdir(dir, { recursive: true, mode: 0o755 });
  const gid = pod.spec?.securityContext?.fsGroup;
  if (volume.emptyDir) return setUpEmptyDir(deps, dir, { volume, gid });
  const isSecret = Boolean(volume.secret || volume.projected);
  if (isSecret) mountTmpfs(deps.kernel, dir, 'mode=0755');
  const namespace = pod.metadata?.namespace ?? '';
  const sources = await fetchSources(deps.client, namespace, namesInVolume(volume));
  const tokens = await fetchTokens(deps.client, pod, volume);
  const files = planVolumeFiles(volume, { pod, ...facts, ...sources, tokens });
  await writeVolume(dir, files, { gid, stamp: stampOf(deps.now()) });
}

async function setUpEmptyDir(
  { kernel }: VolumeDeps,
  dir: string,
  { volume, gid }: { volume: Volume; gid: number | undefined },
): Promise<void> {
  const { medium, sizeLimit } = volume.emptyDir!;
  if (medium === 'Memory') {
    const size = sizeLimit === undefined ? '' : `,size=${quantityValue(sizeLimit)}`;
    mountTmpfs(kernel, dir, `mode=0777${size}`);
  }
  if (gid !== undefined) await fs.chown(dir, 0, gid);
  await fs.chmod(dir, gid === undefined ? 0o777 : 0o2777);
}

function mountTmpfs(kernel: Kernel, target: string, data: string): void {
  if (mountsBelow(target).includes(target)) return; // Set up by an earlier try.
  kernel.mount({ source: 'tmpfs', target, type: 'tmpfs', flags: MS_NOSUID | MS_NODEV, data });
}

async function fetchTokens(client: Client, pod: Pod, volume: Volume) {
  const tokens = new Map<string, string>();
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  for (const { audience, expirationSeconds, path } of tokensOf(volume)) {
    const target = { name: pod.spec?.serviceAccountName ?? 'default', namespace };
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds: expirationSeconds ?? 3600,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const answer = await client.createSubresource<{ status?: { token?: string } }>(
      serviceAccounts,
      target,
      'token',
      request,
    );
    tokens.set(path, answer.status?.token ?? '');
  }
  return tokens;
}

/** hostPath's type says what must be there, or may be made. */
async function checkHostPath(path: string, type: string): Promise<void> {
  if (type === '') return makeMissingDirectory(path);
  const stat = await fs.stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (!stat && type === 'DirectoryOrCreate') {
    await fs.mkdir(path, { recursive: true, mode: 0o755 });
    return;
  }
  if (!stat && type === 'FileOrCreate') return fs.writeFile(path, '', { mode: 0o644, flag: 'wx' });
  const kinds = new Map([
    ['Directory', stat?.isDirectory()],
    ['DirectoryOrCreate', stat?.isDirectory()],
    ['File', stat?.isFile()],
    ['FileOrCreate', stat?.isFile()],
    ['Socket', stat?.isSocket()],
    ['CharDevice', stat?.isCharacterDevice()],
    ['BlockDevice', stat?.isBlockDevice()],
  ]);
  if (!kinds.get(type)) throw new Error(`hostPath type check failed: ${path} is not a ${type}`);
}

/** Without a type upstream's runtimes make a directory where there is nothing. */
async function makeMissingDirectory(path: string): Promise<void> {
  const isThere = await fs.stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await fs.mkdir(path, { recursive: true, mode: 0o755 });
}

/** Mount points at or below `dir`, in mount order. */
function mountsBelow(dir: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\040/g, ' '))
    .filter((target) => target === dir || target.startsWith(`${join(dir, '/')}`));
}

const stampOf = (ms: number) =>
  new Date(ms).toISOString().replace(/[-:T]/g, '_').replace('Z', `${process.hrtime()[1]}`);
