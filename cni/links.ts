/** Links by name, and those that belong to attachments: found and deleted. */
import { hasCode } from '../base/errors.ts';
import {
  deleteLink,
  getLink,
  getLinks,
  type Link,
  type NetlinkSocket,
  parseLinks,
} from '../native/netlink.ts';
import { runAll, unlessGone } from './error.ts';
import { aliasOf, hostNameOf, isAliasOf } from './names.ts';
import type { Host } from './plugin.ts';
import { withPodNetnsIfAny } from './pod-netns.ts';
import type { PluginRequest } from './request.ts';

/** Undefined when there is none. */
export async function findLink(socket: NetlinkSocket, name: string): Promise<Link | undefined> {
  const [outcome] = await socket.transact([getLink({ name })]);
  if (!outcome || hasCode(outcome.error, 'ENODEV')) return undefined;
  if (outcome.error) throw outcome.error;
  return parseLinks(outcome.replies)[0];
}

/** In the pod. False where the namespace, or the link in it, is gone already. */
export async function deletePodLink(request: PluginRequest, host: Host): Promise<boolean> {
  const isDeleted = await withPodNetnsIfAny(request, host, async ({ socket }) => {
    const [outcome] = await socket.transact([deleteLink({ name: request.ifName })]);
    if (outcome?.error && !hasCode(outcome.error, 'ENODEV')) throw outcome.error;
    return !outcome?.error;
  });
  return isDeleted === true;
}

/** In the pod, or where that is gone, by the host's end: either takes both with it. */
export async function deletePair(request: PluginRequest, host: Host): Promise<void> {
  if (await deletePodLink(request, host)) return;
  const socket = host.socket();
  await unlessGone(socket.send(deleteLink({ name: hostNameOf(request.conf.name, request) })));
}

/** Whatever of a kind says that it belongs to this network, but to no attachment that is valid. */
export async function deleteStrays(
  { conf, validAttachments }: PluginRequest,
  host: Host,
  kind: string,
): Promise<void> {
  const socket = host.socket();
  const valid = new Set(validAttachments.map((each) => aliasOf(conf.name, each)));
  const strays = parseLinks(await socket.send(getLinks())).filter(
    (link) =>
      link.kind === kind &&
      link.alias !== undefined &&
      isAliasOf(conf.name, link.alias) &&
      !valid.has(link.alias),
  );
  await runAll(
    strays.map(
      ({ index }) =>
        () =>
          unlessGone(socket.send(deleteLink({ index }))),
    ),
  );
}
