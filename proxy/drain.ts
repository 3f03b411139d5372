/**
 * Tells this node's agent when a pod that is about to end gets no more new connections, so that a
 * rolling update refuses none: `GET /drained?pod=UID` on a path socket is answered then.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import type { Running } from '../base/running.ts';

export interface DrainDeps {
  /** Slices that have this pod as an endpoint of this node. */
  readonly slices: (podUid: string) => readonly EndpointSlice[];
  /** Resolves once every change told so far is in the kernel. */
  readonly written: () => Promise<unknown>;
  /** Resolves when slices are known at all. */
  readonly synced: Promise<unknown>;
}

export interface Drain extends Running {
  /** Slices have changed. */
  onEndpoints(): void;
}

/** Pods that end at one time; whoever else asks is told to come again. */
const waitersMax = 1024;

/** A socket that a killed proxy has left is taken over. Rejects when it cannot be had. */
export async function serveDrain(socketPath: string, deps: DrainDeps): Promise<Drain> {
  const waiters = new Set<() => void>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://proxy');
    const pod = searchParams.get('pod');
    if (pathname !== '/drained' || !pod) return void response.writeHead(404).end();
    void answer(pod, response, { ...deps, waiters });
  });
  server.maxConnections = waitersMax;
  rmSync(socketPath, { force: true });
  const mask = process.umask(0o177);
  server.listen(socketPath);
  process.umask(mask);
  await once(server, 'listening');
  return {
    onEndpoints: () => {
      for (const wake of [...waiters]) wake();
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close(); // Takes the socket away as well.
      server.closeAllConnections();
      await closed;
    },
  };
}

type Answering = DrainDeps & { readonly waiters: Set<() => void> };

/** `{"wasEndpoint":true}`: somebody may still be on the way to the pod. */
async function answer(pod: string, response: ServerResponse, deps: Answering): Promise<void> {
  const { slices, written, synced, waiters } = deps;
  const gone = once(response, 'close');
  await Promise.race([synced, gone]);
  const wasEndpoint = slices(pod).length > 0;
  while (!response.closed && isTarget(slices(pod), pod)) {
    let wake = () => {};
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    waiters.add(wake);
    await Promise.race([changed, gone]);
    waiters.delete(wake);
  }
  await Promise.race([written(), gone]);
  if (response.closed) return;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ wasEndpoint }));
}

/**
 * Whether new connections go there as to any other. To one that is terminating they go only where
 * there is no other, or where the Service wants it: nothing would come of waiting.
 */
export const isTarget = (slices: readonly EndpointSlice[], podUid: string): boolean =>
  slices.some(({ endpoints }) =>
    endpoints?.some(
      ({ targetRef, conditions }) =>
        targetRef?.uid === podUid &&
        (conditions?.ready ?? true) &&
        !(conditions?.terminating ?? false),
    ),
  );
