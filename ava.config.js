/** One configuration for all three levels; `test/run.ts` names the files of a level. */
export default {
  extensions: { ts: 'module' },
  workerThreads: false,
  timeout: '120s',
  files: ['**/*.test.ts', '!node_modules/**', '!build/**', '!dist/**'],
};
