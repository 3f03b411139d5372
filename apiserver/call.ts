/** One request in the hands of a verb, and what verbs need of the server. */
import type { KubeObject, Resource } from '../api/resource.ts';
import type { Clock } from '../base/clock.ts';
import type { Metrics } from './discovery/metrics.ts';
import type { Format } from './http/accept.ts';
import type { Exchange } from './http/answer.ts';
import type { Registry } from './registry/registry.ts';
import type { AdmissionRequest, Passage, RequestInfo, User } from './request.ts';

export interface Call extends Exchange {
  readonly info: RequestInfo;
  readonly user: User;
  readonly resource: Resource;
  readonly format: Format;
}

export interface Admission {
  /** Nothing is asked yet: see Passage. */
  start(request: AdmissionRequest): Passage;
}

export interface Machinery {
  readonly registry: Registry;
  readonly admission: Admission;
  readonly clock: Clock;
  /** The server ends: whatever would last for ever must end too. */
  readonly stopping: AbortSignal;
  readonly metrics?: Metrics;
  /** For what a request does beside its own verb: an apply that creates. @throws StatusError */
  readonly demand?: (user: User, info: RequestInfo) => void;
}

export type Verb = (call: Call, server: Machinery) => Promise<void>;

/** What was posted to be answered, not to be kept. */
export interface Making {
  readonly info: RequestInfo;
  readonly user: User;
  /** The body, of the kind that the path is for. */
  readonly object: KubeObject;
  readonly warn: (text: string) => void;
}

/** Throws, or rejects with, a StatusError to refuse. */
export type Maker = (making: Making) => object | Promise<object>;
