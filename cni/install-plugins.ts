/** Puts the plugins where runtimes look for them: links, one for each name, to `wherry-cni`. */
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../native/index.ts';
import { plugins } from './protocol.ts';

/** Takes the place of what has the same names in `dir`, at no moment leaving a gap. */
export function installPlugins(dir: string): string[] {
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  return [...plugins.keys()].map((name) => {
    const path = join(dir, name);
    const scratch = join(dir, `.new-${name}-${process.pid}`);
    symlinkSync(paths.cni, scratch);
    renameSync(scratch, path);
    return path;
  });
}
