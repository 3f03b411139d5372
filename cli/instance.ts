/** An instance: everything on this machine that carries one NAME and lies under one root. Pure. */
import { type FlagTable, text } from '../base/config.ts';
import { UsageError } from '../base/errors.ts';

export const instanceFlags = {
  root: text('Where the state lives.', '/var/lib/wherry', 'DIR'),
  name: text('The instance: its run dir, bridge and cgroups carry this name.', 'wherry', 'NAME'),
} satisfies FlagTable;

export interface Instance {
  readonly name: string;
  readonly root: string;
  readonly runDir: string;
  readonly pkiDir: string;
  readonly logDir: string;
  readonly addonDir: string;
  readonly stateFile: string;
  readonly adminKubeconfig: string;
  /** Who runs it now: written by `up`, read by `down`, `status` and `reset`. */
  readonly processFile: string;
  readonly bridge: string;
}

/** @throws UsageError for a name that could not be a link's, a directory's and a cgroup's. */
export function instanceOf({ root, name }: { root: string; name: string }): Instance {
  // The bridge is NAME0, and a link's name has at most 15 characters.
  if (!/^[a-z][a-z0-9-]{0,12}$/.test(name)) {
    throw new UsageError(`--name=${name}: must be 1 to 13 of a-z, 0-9 and -, a letter first`);
  }
  if (!root.startsWith('/') || root === '/' || root.split('/').includes('..')) {
    throw new UsageError(`--root=${root}: must be an absolute path below /`);
  }
  const runDir = `/run/${name}`;
  return {
    name,
    root,
    runDir,
    pkiDir: `${root}/pki`,
    logDir: `${root}/logs`,
    addonDir: `${root}/addons`,
    stateFile: `${root}/state.db`,
    adminKubeconfig: `${root}/admin.kubeconfig`,
    processFile: `${runDir}/up.json`,
    bridge: `${name}0`,
  };
}
