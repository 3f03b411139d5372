/**
 * The seam between TypeScript and the kernel. What each operation does is documented in kernel.ts
 * (the addon) and monitor.ts (the pod monitor).
 */
export { kernel, paths } from './addon.ts';
export type * from './kernel.ts';
export type * from './monitor.ts';
export { connectMonitor, startMonitor } from './monitor-client.ts';
