/** bandwidth's configuration → queues. Pure. */
import { CniError } from '../../error.ts';
import type { PluginRequest } from '../../request.ts';

/** As tc(8) has a token bucket. */
export interface Shape {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  readonly queueBytes: number;
}

export interface BandwidthPlan {
  /** Towards the pod. */
  readonly ingress?: Shape;
  /** Out of the pod. */
  readonly egress?: Shape;
}

/** What may wait at most: longer than this a packet is better dropped. */
const latencySeconds = 0.025;
const burstBitsMax = 0xffff_ffff;

/** `runtimeConfig.bandwidth` before the configuration. Rates in bits per second, bursts in bits. */
export function planBandwidth({ conf }: PluginRequest): BandwidthPlan {
  for (const field of ['shapedSubnets', 'unshapedSubnets']) {
    if (Array.isArray(conf[field]) && conf[field].length > 0) {
      throw new CniError('unsupportedField', `bandwidth: ${field} is not supported`);
    }
  }
  const requested = Object(conf.runtimeConfig).bandwidth;
  const source: Record<string, unknown> =
    requested === undefined || requested === null ? conf : Object(requested);
  const [ingress, egress] = [shapeOf(source, 'ingress'), shapeOf(source, 'egress')];
  return { ...(ingress && { ingress }), ...(egress && { egress }) };
}

function shapeOf(source: Record<string, unknown>, way: 'ingress' | 'egress'): Shape | undefined {
  const [rate, burst] = [bitsOf(source, `${way}Rate`), bitsOf(source, `${way}Burst`)];
  if (rate === 0 && burst === 0) return undefined;
  if (rate === 0) throw invalid(`${way}Burst needs ${way}Rate`);
  if (burst === 0) throw invalid(`${way}Rate needs ${way}Burst`);
  if (burst > burstBitsMax) throw invalid(`${way}Burst is above ${burstBitsMax}`);
  const bytesPerSecond = Math.max(1, Math.floor(rate / 8));
  // Fewer than a frame would never let one pass.
  const burstBytes = Math.max(frameBytes, Math.floor(burst / 8));
  const queueBytes = Math.floor(bytesPerSecond * latencySeconds) + burstBytes;
  return { bytesPerSecond, burstBytes, queueBytes };
}

const frameBytes = 1514;

function bitsOf(source: Record<string, unknown>, field: string): number {
  const value = source[field] ?? 0;
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw invalid(`${field} must be a whole number of bits`);
}

const invalid = (message: string) => new CniError('invalidConfig', `bandwidth: ${message}`);
