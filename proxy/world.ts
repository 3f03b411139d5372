/** What rules are made from, and what a mode of the proxy offers: the words between the two halves. */
import type { Service } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import type { NodeView } from './plan-node.ts';

/** The API as informers know it; asked anew for each write. */
export interface World {
  readonly serviceKeys: () => Iterable<string>;
  readonly service: (key: string) => Service | undefined;
  /** Those that name this Service. */
  readonly slices: (key: string) => readonly EndpointSlice[];
  /** Ranges that Services' addresses are from. */
  readonly serviceRanges: () => readonly string[];
  readonly node: () => NodeView;
}

/** Rules of one family in one mode. One write or audit at a time is the caller's promise. */
export interface Rules {
  /** The Service, or one of its slices, has changed. */
  touch(serviceKey: string): void;
  /** Something that all rules depend on has changed. */
  touchAll(): void;
  /** Throws when the rules that are there are somebody else's. Touches nothing. */
  claim(): Promise<void>;
  /** Writes what has changed, all or nothing. After a failure the next write is a full one. */
  write(): Promise<void>;
  /** Finds out whether somebody else has touched our rules, and puts them right. */
  audit(): Promise<void>;
  /** The same when rules were changed just now, perhaps by ourselves: then it costs little. */
  look(): Promise<void>;
  /** Ends what cannot outlast this process; rules stay. */
  close?(): void;
}
