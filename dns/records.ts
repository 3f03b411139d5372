/** The words of DNS that plans are made of. */

export interface Question {
  readonly name: string;
  readonly type: string; // A, AAAA, SRV, …
}

export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface StartOfAuthority {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

interface RecordBase<T extends string, D> {
  readonly type: T;
  readonly name: string;
  readonly ttl: number;
  readonly data: D;
}

export type DnsRecord =
  | RecordBase<'A' | 'AAAA' | 'CNAME' | 'PTR' | 'TXT', string>
  | RecordBase<'SRV', ServiceRecord>
  | RecordBase<'SOA', StartOfAuthority>;

/** Short, so that clients follow a Service that moves. */
export const ttlSeconds = 5;
