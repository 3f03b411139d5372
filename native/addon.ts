/**
 * Loads the addon and knows where the helper executables are. Rooms import index.ts, never this file.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kernel } from './kernel.ts';

/** The package's own directory, from source as well as from a bundle in dist/. */
const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

const buildDir = join(packageRoot, 'build', 'Release');

/** The helper executables, static, beside the addon. */
export const paths = {
  monitor: join(buildDir, 'wherry-monitor'),
  pause: join(buildDir, 'wherry-pause'),
  cni: join(buildDir, 'wherry-cni'),
} as const;

export const kernel: Kernel = loadAddon(join(buildDir, 'wherry.node'));

function findPackageRoot(start: string): string {
  for (let dir = start; dir !== dirname(dir); dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return dir;
  }
  throw new Error(`there is no package.json above ${start}`);
}

function loadAddon(path: string): Kernel {
  if (!existsSync(path)) {
    throw new Error(`${path} is not built; run \`npm run build:native\` in ${packageRoot}`);
  }
  return createRequire(import.meta.url)(path);
}
