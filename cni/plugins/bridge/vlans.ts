/** A port's VLANs, and the gateway of one: an address on a veth whose other end is a port of it. */
import { hasCode } from '../../../base/errors.ts';
import {
  addVlans,
  createVeth,
  getAddresses,
  type NetlinkSocket,
  removeVlans,
  setLink,
  setVlanFiltering,
} from '../../../native/netlink.ts';
import { CniError } from '../../error.ts';
import { findLink } from '../../links.ts';
import { digestOf } from '../../names.ts';
import { type BridgeLinkSpec, ensureAddresses } from './bridge-link.ts';
import type { VlanConf } from './plan-vlans.ts';

const defaultVlan = 1;

/** @throws CniError 2 where the kernel was built without */
export async function filterVlans(socket: NetlinkSocket, name: string): Promise<void> {
  try {
    await socket.send(setVlanFiltering({ name }));
  } catch (cause) {
    if (!hasCode(cause, 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP')) throw cause;
    const message = 'vlan: bridges of this kernel know no VLANs (BRIDGE_VLAN_FILTERING)';
    throw new CniError('unsupportedField', message, { cause });
  }
}

export async function joinVlans(
  socket: NetlinkSocket,
  index: number,
  { native, trunk, keepsDefault }: VlanConf,
): Promise<void> {
  const joined = [
    ...(native === undefined ? [] : [{ id: native, isNative: true }]),
    ...trunk.filter((id) => id !== native).map((id) => ({ id })),
  ];
  const leaves = !keepsDefault && !joined.some(({ id }) => id === defaultVlan);
  await socket.send(
    ...(leaves ? [removeVlans(index, [{ id: defaultVlan }])] : []),
    addVlans(index, joined),
  );
}

interface VlanGateway extends BridgeLinkSpec {
  readonly vlan: number;
  readonly bridgeIndex: number;
}

/** `cni0.100`, as the reference plugin names it. */
export async function ensureVlanGateway(socket: NetlinkSocket, spec: VlanGateway): Promise<void> {
  const { vlan, bridgeIndex, mtu } = spec;
  const name = `${spec.name}.${vlan}`;
  if (name.length > 15) {
    throw new CniError('invalidConfig', `the gateway's link ${name} has more than 15 characters`);
  }
  if (!(await findLink(socket, name))) {
    const port = `veth${digestOf(`vlan ${name}`)}`;
    const peer = { name };
    const veth = createVeth({ name: port, master: bridgeIndex, peer, ...(mtu && { mtu }) });
    const [made] = await socket.transact([veth, setLink({ name }, { isUp: true })]);
    if (made?.error && !hasCode(made.error, 'EEXIST')) throw made.error;
    const link = await findLink(socket, port);
    if (link) await joinVlans(socket, link.index, { native: vlan, trunk: [], keepsDefault: false });
  }
  const gateway = await findLink(socket, name);
  if (!gateway) throw new CniError('ioFailure', `link ${name} vanished`);
  const { index } = gateway;
  const replies = await socket.send(getAddresses(index));
  await ensureAddresses(socket, { ...spec, name }, { index, replies });
}
