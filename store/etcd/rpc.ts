/**
 * etcd's messages and services as TypeScript sees them. The libraries are loaded here and only when
 * a store of etcd is opened: nobody else waits for them.
 */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity as checkIdentity, type PeerCertificate } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type {
  ChannelCredentials,
  Client,
  ClientDuplexStream,
  ClientUnaryCall,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';

interface Header {
  readonly revision: number;
}

export interface KeyValue {
  readonly key: Buffer;
  readonly modRevision: number;
  readonly value: Buffer;
}

export interface RangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
  readonly limit?: number;
  readonly revision?: number; // 0 or absent: the newest.
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
}

/** `result` 0: equal; `target` 2: the revision of the key's last change. */
interface Compare {
  readonly result: 0;
  readonly target: 2;
  readonly key: Uint8Array;
  readonly modRevision: number;
}

export type RequestOp =
  | { readonly requestPut: { readonly key: Uint8Array; readonly value: Uint8Array } }
  | { readonly requestDeleteRange: { readonly key: Uint8Array } };

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
}

export interface TxnResponse {
  readonly header: Header;
  readonly succeeded: boolean;
}

export interface WatchResponse {
  readonly canceled: boolean;
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** More of the same revisions follows in the next message. */
  readonly fragment: boolean;
  readonly events: readonly { readonly type: 0 | 1; readonly kv: KeyValue }[];
}

export interface StatusResponse {
  readonly version: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
}

/** The calls with one answer, by name. */
export interface Calls {
  range: { readonly request: RangeRequest; readonly response: RangeResponse };
  txn: { readonly request: TxnRequest; readonly response: TxnResponse };
  compact: { readonly request: { readonly revision: number }; readonly response: object };
  status: { readonly request: object; readonly response: StatusResponse };
}

export type WatchStream = ClientDuplexStream<object, WatchResponse>;

type Unary<Q, A> = (
  request: Q,
  options: { readonly deadline: number },
  done: (error: ServiceError | null, answer: A) => void,
) => ClientUnaryCall;

type Stub = Client & Record<string, Unary<never, never>> & Record<'watch', WatchCall>;
type WatchCall = (metadata: Metadata) => WatchStream;
type StubClass = new (address: string, credentials: ChannelCredentials, options: object) => Stub;

/** One member of the cluster, over one connection. */
export interface Member {
  readonly url: string;
  call<N extends keyof Calls>(
    name: N,
    request: Calls[N]['request'],
    deadline: number,
  ): Promise<Calls[N]['response']>;
  watch(): WatchStream;
  close(): void;
}

export interface Tls {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

/** The largest message that is taken: pages are made so that they stay below. */
const receiveBytesMax = 64 * 1024 * 1024;

const channelOptions = {
  'grpc.max_receive_message_length': receiveBytesMax,
  'grpc.max_send_message_length': -1, // etcd has the limit, and says so.
  // A member whose machine is gone answers nothing: found out within 15 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.enable_http_proxy': 0,
};

/** Loads the libraries, and returns what connects to a member by its URL. */
export async function loadRpc(tls: Tls): Promise<(url: URL) => Member> {
  // CommonJS both: in a bundle their names are known only on what they export as a whole.
  const { default: grpc } = await import('@grpc/grpc-js');
  const { default: loader } = await import('@grpc/proto-loader');
  const definition = loader.loadSync(protoFile(), {
    longs: Number,
    defaults: true,
    oneofs: true,
  });
  const loaded = grpc.loadPackageDefinition(definition) as unknown as {
    readonly etcdserverpb: Readonly<Record<'KV' | 'Watch' | 'Maintenance', StubClass>>;
  };
  const { KV, Watch, Maintenance } = loaded.etcdserverpb;
  return (url) => {
    const { ca = null, key = null, cert = null } = tls;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const checkServerIdentity = (_: string, shown: PeerCertificate) => checkIdentity(host, shown);
    const credentials =
      url.protocol === 'https:'
        ? grpc.credentials.createSsl(ca, key, cert, { checkServerIdentity })
        : grpc.credentials.createInsecure();
    // An address is no name to ask a server for; the certificate is checked against it all the same.
    const name = isIP(host) ? { 'grpc.ssl_target_name_override': 'etcd' } : {};
    const options = { ...channelOptions, ...name };
    const kv = new KV(url.host, credentials, options);
    const shared = { ...options, channelOverride: kv.getChannel() };
    const maintenance = new Maintenance(url.host, credentials, shared);
    const watching = new Watch(url.host, credentials, shared);
    const metadata = new grpc.Metadata();
    metadata.set('hasleader', 'true'); // A member that is cut off ends the watch.
    return {
      url: url.href,
      call: (name, request, deadline) => {
        return callOnce(name === 'status' ? maintenance : kv, name, { request, deadline });
      },
      watch: () => watching.watch(metadata),
      close: () => kv.close(),
    };
  };
}

function callOnce<A>(
  stub: Stub,
  name: string,
  { request, deadline }: { readonly request: unknown; readonly deadline: number },
): Promise<A> {
  return new Promise((resolve, reject) => {
    const call = stub[name] as unknown as Unary<unknown, A>;
    call.call(stub, request, { deadline }, (error, answer) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

/** A bundle has the file beside it, as the source tree does. */
function protoFile(): string {
  const path = fileURLToPath(new URL('./rpc.proto', import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: set up again`);
  return path;
}
