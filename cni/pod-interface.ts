/** The pod's end: brought up, given its addresses and routes. */
import { kernel } from '../native/index.ts';
import { addAddress, addRoute, getAddresses, parseAddresses, setLink } from '../native/netlink.ts';
import { CniError } from './error.ts';
import type { PodNetns } from './pod-netns.ts';
import type { RouteConfig } from './result.ts';

export interface PodInterface {
  readonly index: number;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly routes: readonly RouteConfig[];
  /** Look for duplicates of IPv6 addresses, as long as it takes. */
  readonly enableDad: boolean;
}

export async function configurePod(netns: PodNetns, spec: PodInterface): Promise<void> {
  const { index, name, addresses, routes, enableDad } = spec;
  const hasV6 = addresses.some((address) => address.includes(':'));
  if (hasV6) await kernel.writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, '0', netns.path);
  await netns.socket.send(
    setLink({ index }, { isUp: true }),
    ...addresses.map((address) => addAddress({ index, address, noDad: !enableDad })),
    ...routes.map(({ dst, gw, ...rest }) =>
      addRoute({ destination: dst, index, ...(gw && { gateway: gw }), ...rest }),
    ),
  );
  if (hasV6 && enableDad) await awaitAddresses(netns, index);
}

const dadRounds = 200;
const dadRoundMs = 50;

/** Duplicate address detection takes about a second. */
async function awaitAddresses({ socket }: PodNetns, index: number): Promise<void> {
  for (let round = 0; round < dadRounds; round++) {
    const addresses = parseAddresses(await socket.send(getAddresses(index)));
    if (!addresses.some(({ isTentative }) => isTentative)) return;
    await new Promise((resolve) => setTimeout(resolve, dadRoundMs));
  }
  throw new CniError('addressTaken', 'an IPv6 address is in use elsewhere, or stays tentative');
}
