/** A node that is its pods' gateway routes for them. */
import { kernel } from '../native/index.ts';
import type { Host } from './plugin.ts';

/** For the families of `addresses`. */
export async function allowForwarding(
  { netnsPath }: Host,
  addresses: readonly string[],
): Promise<void> {
  const names = [
    ...(addresses.some((each) => !each.includes(':')) ? ['net/ipv4/ip_forward'] : []),
    ...(addresses.some((each) => each.includes(':')) ? ['net/ipv6/conf/all/forwarding'] : []),
  ];
  await Promise.all(names.map((name) => kernel.writeSysctl(name, '1', netnsPath)));
}
