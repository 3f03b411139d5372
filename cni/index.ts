/** The room's face for the agent: pods' networks in process, and plugins for other runtimes. */
export { hasCniCode } from './error.ts';
export { installPlugins } from './install-plugins.ts';
export type { Attachment, AttachmentSpec, DetachSpec } from './request.ts';
export type { CniResult } from './result.ts';
export { createNetworkRunner, type NetworkRunner, type NetworkRunnerOptions } from './runner.ts';
export { serveCni } from './serve.ts';
