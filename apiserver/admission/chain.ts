/** The way of one request through the plugins: all that change it, then all that only look. */
import type { Admission } from '../call.ts';
import type { AdmissionPlugin, AdmissionRequest, Passage, Reservation } from '../request.ts';

type Plugins = readonly AdmissionPlugin[];
type Phase = 'mutate' | 'validate';

/**
 * `last` come after all other mutating plugins, and only once: what they hand out (addresses) is
 * for the object as it is to be.
 */
export function chainPlugins(plugins: Plugins, last: Plugins = []): Admission {
  const having = (phase: Phase, all: Plugins) => all.filter((each) => each[phase] !== undefined);
  const steps = {
    mutate: having('mutate', plugins),
    last: having('mutate', last),
    validate: having('validate', [...plugins, ...last]),
  };
  return { start: (request) => new PluginPassage(steps, request) };
}

interface Steps {
  readonly mutate: Plugins;
  readonly last: Plugins;
  readonly validate: Plugins;
}

class PluginPassage implements Passage {
  readonly #steps: Steps;
  readonly #request: AdmissionRequest;
  readonly #reservations: Reservation[] = [];

  constructor(steps: Steps, request: AdmissionRequest) {
    this.#steps = steps;
    this.#request = request;
  }

  mutate(): Promise<void> | undefined {
    const { mutate, last } = this.#steps;
    return then(this.#run('mutate', mutate), () =>
      then(this.#reinvoke(), () => this.#run('mutate', last)),
    );
  }

  validate(): Promise<void> | undefined {
    return this.#run('validate', this.#steps.validate);
  }

  sideWrites(isGone: boolean) {
    return this.#reservations.flatMap((each) => each.sideWrites?.(isGone) ?? []);
  }

  commit(): void {
    for (const each of this.#reservations) each.commit();
  }

  rollback(): void {
    for (const each of this.#reservations.reverse()) each.rollback();
  }

  #reinvoke(): Promise<void> | undefined {
    if (!this.#request.wantsReinvocation) return undefined;
    this.#request.isReinvocation = true;
    return this.#run('mutate', this.#steps.mutate);
  }

  /** Stays synchronous up to the first plugin that waits. */
  #run(phase: Phase, plugins: Plugins, from = 0): Promise<void> | undefined {
    for (let index = from; index < plugins.length; index++) {
      const answer = plugins[index]![phase]!(this.#request);
      if (answer instanceof Promise) {
        return answer.then((reservation) => {
          if (reservation) this.#reservations.push(reservation);
          return this.#run(phase, plugins, index + 1);
        });
      }
      if (answer) this.#reservations.push(answer);
    }
    return undefined;
  }
}

/** Waits only for what waits. */
const then = (
  first: Promise<void> | undefined,
  next: () => Promise<void> | undefined,
): Promise<void> | undefined => (first ? first.then(next) : next());
