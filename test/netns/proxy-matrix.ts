/** Tests of behaviours that each mode of the proxy has alike, on one lab a mode. */
import test, { type ExecutionContext } from 'ava';
import { Lab, type Mode, modes } from './proxy-lab.ts';
import { addressOf, type Family, families } from './proxy-objects.ts';

type Body = (t: ExecutionContext, lab: Lab) => Promise<void>;

/** `name` is short and the file's own. A behaviour begins with an empty API and old rules. */
export function onEachMode(name: string, some: readonly Mode[] = modes) {
  const labs = new Map(some.map((mode, index) => [mode, new Lab(`${name}${index}`, mode)]));
  test.before(async () => {
    await Promise.all([...labs.values()].map((lab) => lab.build()));
  });
  test.after.always(async () => {
    for (const lab of labs.values()) await lab.destroy();
  });
  return (title: string, body: Body) => {
    for (const [mode, lab] of labs) {
      test.serial(`${title} (${mode})`, async (t) => {
        try {
          await body(t, lab);
        } finally {
          await lab.reset();
        }
      });
    }
  };
}

/** Who answered, each once, in order: `abc`, or what happened instead. */
export const names = (answers: readonly string[]): string =>
  [...new Set(answers.map((line) => line.split(' ')[0]))].toSorted().join('');

/** From where they were asked. */
export const clients = (answers: readonly string[]): string =>
  [...new Set(answers.map((line) => line.split(' ')[2]))].toSorted().join(' ');

/** Both families at once: nothing that is done for one waits for the other. */
export async function inBoth(
  body: (at: (typeof addressOf)[Family], family: Family) => Promise<void>,
): Promise<void> {
  await Promise.all(families.map((family) => body(addressOf[family], family)));
}

/** For packets that nobody shall answer. */
export const short = { patienceMs: 400 } as const;
export const udp = { protocol: 'udp' } as const;
