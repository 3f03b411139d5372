/** What `start(config, deps)` of every room returns. */
export interface Running {
  /** Ends the room in order; resolves once nothing of it is left running. May be called twice. */
  stop(): Promise<void>;
}
