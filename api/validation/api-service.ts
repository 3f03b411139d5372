import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1035Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isPortNumber,
  type NameCheck,
  portProblem,
} from '../names.ts';
import type {
  APIService,
  APIServiceSpec,
  ServiceReference,
} from '../types/apiregistration-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue } from './cause.ts';
import { validateMetadata } from './metadata.ts';
import { decodeText } from './pem.ts';

export const validateApiService = (object: APIService, old: APIService | undefined) => [
  ...validateMetadata(object, old, { namespaced: false, name: nameFor(object) }),
  ...(object.spec ? checkSpec(object.spec, 'spec') : []),
];

/** `v1.apps`: one for each group version. */
const nameFor =
  ({ spec }: APIService): NameCheck =>
  (value) => {
    const problems = isPathSegmentName(value);
    if (problems.length > 0) return problems;
    const wanted = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
    return value === wanted ? [] : [`must be \`spec.version+"."+spec.group\`: "${wanted}"`];
  };

const groupPriorityMax = 20_000;
const versionPriorityMax = 1000;

function checkSpec(spec: APIServiceSpec, path: string): StatusCause[] {
  const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec;
  const causes: StatusCause[] = [];
  if (group === '' && version !== 'v1') {
    const detail = 'only v1 may have an empty group and it better be legacy kube';
    causes.push(requiredValue(`${path}.group`, detail));
  }
  if (group) causes.push(...problemsOf(`${path}.group`, group, isDns1123Subdomain(group)));
  causes.push(...problemsOf(`${path}.version`, version, isDns1035Label(version)));
  const limits = [
    ['groupPriorityMinimum', groupPriorityMinimum, groupPriorityMax],
    ['versionPriority', versionPriority, versionPriorityMax],
  ] as const;
  for (const [field, value, max] of limits) {
    if (value === undefined || (value > 0 && value <= max)) continue;
    causes.push(invalidValue(`${path}.${field}`, value, `must be positive and less than ${max}`));
  }
  const { service } = spec;
  return [...causes, ...(service ? checkRemote(spec, service, path) : checkLocal(spec, path))];
}

/** Served by the API server itself: there is no connection to be secured. */
function checkLocal({ caBundle, insecureSkipTLSVerify }: APIServiceSpec, path: string) {
  const causes: StatusCause[] = [];
  if (caBundle) {
    const shown = `${decodeText(caBundle).length} bytes`;
    const detail = 'local APIServices may not have a caBundle';
    causes.push(invalidValue(`${path}.caBundle`, shown, detail));
  }
  if (insecureSkipTLSVerify) {
    const detail = 'local APIServices may not have insecureSkipTLSVerify';
    causes.push(invalidValue(`${path}.insecureSkipTLSVerify`, true, detail));
  }
  return causes;
}

function checkRemote(
  { caBundle, insecureSkipTLSVerify }: APIServiceSpec,
  { name, namespace, port = 443 }: ServiceReference,
  path: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!namespace) causes.push(requiredValue(`${path}.service.namespace`));
  if (!name) causes.push(requiredValue(`${path}.service.name`));
  if (!isPortNumber(port)) {
    const detail = `port is not valid: ${portProblem}`;
    causes.push(invalidValue(`${path}.service.port`, port, detail));
  }
  if (insecureSkipTLSVerify && caBundle) {
    const detail = 'may not be true if caBundle is present';
    causes.push(invalidValue(`${path}.insecureSkipTLSVerify`, true, detail));
  }
  return causes;
}
