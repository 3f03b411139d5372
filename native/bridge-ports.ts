/** Bridges and their ports by rtnetlink: what a port may do, and which VLANs it is in. Pure. */
import * as ifla from 'netlink/dist/rt/ifla.js';
import { AttrStream, putU8, putU16 } from 'netlink/dist/structs.js';
import type { LinkName } from './netlink-messages.ts';
import type { Message } from './netlink-socket.ts';

export interface PortChange {
  /** May a frame go back out where it came in? */
  readonly isHairpin?: boolean;
  /** Isolated ports reach the bridge and other ports, but not each other. */
  readonly isIsolated?: boolean;
}

export interface Vlan {
  readonly id: number; // 1 to 4094
  /** Frames without a tag are of this VLAN, and its frames leave without. */
  readonly isNative?: boolean;
}

export function setPort(link: LinkName, { isHairpin, isIsolated }: PortChange): Message {
  const slaveData = encode((out) => {
    if (isHairpin !== undefined) out.push(attributes.hairpin, putU8(isHairpin ? 1 : 0));
    if (isIsolated !== undefined) out.push(attributes.isolated, putU8(isIsolated ? 1 : 0));
  });
  const info = encode((out) => out.emit(ifla.formatInfo({ slaveKind: 'bridge', slaveData })));
  return linkMessage('RTM_NEWLINK', link, [[attributes.linkInfo, info]]);
}

/** A bridge looks at VLAN tags only when it is told to. EINVAL where the kernel has no VLANs. */
export function setVlanFiltering(link: LinkName): Message {
  const data = encode((out) => out.push(attributes.vlanFiltering, putU8(1)));
  const info = encode((out) => out.emit(ifla.formatInfo({ kind: 'bridge', data })));
  return linkMessage('RTM_NEWLINK', link, [[attributes.linkInfo, info]]);
}

/** Puts a port into VLANs, or with `isSelf` the bridge's own side. */
export const addVlans = (index: number, vlans: readonly Vlan[], isSelf = false): Message =>
  vlanMessage('RTM_SETLINK', index, { vlans, isSelf });

export const removeVlans = (index: number, vlans: readonly Vlan[], isSelf = false): Message =>
  vlanMessage('RTM_DELLINK', index, { vlans, isSelf });

const attributes = {
  linkInfo: 18, // IFLA_LINKINFO
  specific: 26, // IFLA_AF_SPEC
  name: 3, // IFLA_IFNAME
  hairpin: 4, // IFLA_BRPORT_MODE
  isolated: 33, // IFLA_BRPORT_ISOLATED
  vlanFiltering: 7, // IFLA_BR_VLAN_FILTERING
  bridgeFlags: 0, // IFLA_BRIDGE_FLAGS
  vlanInfo: 2, // IFLA_BRIDGE_VLAN_INFO
} as const;

const kinds = { RTM_NEWLINK: 16, RTM_DELLINK: 17, RTM_SETLINK: 19 } as const;
const bridgeFamily = 7; // AF_BRIDGE
const flagSelf = 2; // BRIDGE_FLAGS_SELF
const vlanFlags = 2 | 4; // BRIDGE_VLAN_INFO_PVID, _UNTAGGED

interface VlanChange {
  readonly vlans: readonly Vlan[];
  readonly isSelf: boolean;
}

function vlanMessage(kind: keyof typeof kinds, index: number, { vlans, isSelf }: VlanChange) {
  const specific = encode((out) => {
    if (isSelf) out.push(attributes.bridgeFlags, putU16(flagSelf));
    for (const { id, isNative } of vlans) {
      out.push(attributes.vlanInfo, Buffer.concat([putU16(isNative ? vlanFlags : 0), putU16(id)]));
    }
  });
  const body: Parts = [[attributes.specific, specific]];
  return linkMessage(kind, { index }, body, bridgeFamily);
}

type Parts = readonly (readonly [type: number, value: Buffer])[];

function linkMessage(kind: keyof typeof kinds, link: LinkName, parts: Parts, family = 0): Message {
  const header = Buffer.alloc(16); // ifinfomsg
  header[0] = family;
  if ('index' in link) header.writeInt32LE(link.index, 4);
  const body = encode((out) => {
    if ('name' in link) out.push(attributes.name, Buffer.from(`${link.name}\0`));
    for (const [type, value] of parts) out.push(type, value);
  });
  return { type: kinds[kind], name: kind, flags: 0, body: Buffer.concat([header, body]) };
}

function encode(write: (out: AttrStream) => void): Buffer {
  const out = new AttrStream();
  write(out);
  return Buffer.concat(out.bufs);
}
