/**
 * Bundles the command into dist/: start-up time is a feature, and one file a command loads faster
 * than a thousand. Native packages stay outside; commands that are not run are not even read.
 */
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: {
    main: 'cli/main.ts',
    cni: 'cni/main.ts',
    'store-worker': 'store/sqlite/worker.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  external: ['better-sqlite3', 'bufferutil', 'utf-8-validate'],
  // CommonJS packages inside an ES module still call require().
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
// Read when a store of etcd is opened, and by nobody else.
copyFileSync('store/etcd/rpc.proto', 'dist/rpc.proto');
// The entry turns on V8's code cache before anything else is read: it halves the time to start.
writeFileSync(
  'dist/wherry.js',
  `import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
enableCompileCache(join(import.meta.dirname, '.cache'));
await import('./main.js');
`,
);
