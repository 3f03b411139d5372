/** `--admission-control-config-file`: what plugins are set up with, by their name. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { load } from 'js-yaml';
import { messageOf, UsageError } from '../../base/errors.ts';

interface Given {
  readonly kind?: string;
  readonly plugins?: readonly {
    readonly name?: string;
    readonly path?: string;
    readonly configuration?: unknown;
  }[];
}

/**
 * An AdmissionConfiguration; a plugin's part stands in it or in a file of its own, named relative
 * to the first. Empty without a file.
 * @throws UsageError
 */
export function readAdmissionConfig(file: string | undefined): ReadonlyMap<string, unknown> {
  if (file === undefined) return new Map();
  const { kind, plugins = [] } = (readYaml(file) ?? {}) as Given;
  if (kind !== 'AdmissionConfiguration') {
    throw new UsageError(`${file}: the kind must be AdmissionConfiguration`);
  }
  const parts = plugins.map(({ name, path, configuration }): [string, unknown] => {
    if (!name) throw new UsageError(`${file}: a plugin without name`);
    const isInside = configuration !== undefined && configuration !== null;
    return [name, isInside || !path ? configuration : readYaml(resolve(dirname(file), path))];
  });
  return new Map(parts);
}

function readYaml(file: string): unknown {
  try {
    return load(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`Could not read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
