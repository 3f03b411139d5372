/** Classes of devices, and what claims have in common with them. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain, isQualifiedName } from '../names.ts';
import type {
  DeviceClass,
  DeviceClassConfiguration,
  DeviceSelector,
} from '../types/resource-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue, tooManyValues } from './cause.ts';
import { checkDriverName } from './csi.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';

const listMax = 32;

export function validateDeviceClass(object: DeviceClass, old: DeviceClass | undefined) {
  const { selectors = [], config = [], extendedResourceName: name } = object.spec ?? {};
  const causes = [
    ...validateMetadata(object, old, clusterSubdomain),
    ...checkDeviceSelectors(selectors, 'spec.selectors'),
    ...config.flatMap((each, index) => checkDeviceConfig(each, `spec.config[${index}]`)),
  ];
  if (config.length > listMax) causes.push(tooManyValues('spec.config', config.length, listMax));
  const path = 'spec.extendedResourceName';
  if (name !== undefined) {
    causes.push(...problemsOf(path, name, isQualifiedName(name)));
    if (!name.includes('/') || name.includes('kubernetes.io/')) {
      causes.push(invalidValue(path, name, 'must be a valid extended resource name'));
    }
  }
  return causes;
}

export function checkDeviceSelectors(selectors: readonly DeviceSelector[], path: string) {
  const causes: StatusCause[] =
    selectors.length > listMax ? [tooManyValues(path, selectors.length, listMax)] : [];
  for (const [index, { cel }] of selectors.entries()) {
    const at = `${path}[${index}].cel`;
    if (!cel) causes.push(requiredValue(at));
    else if (cel.expression === '') causes.push(requiredValue(`${at}.expression`));
  }
  return causes;
}

export function checkDeviceConfig({ opaque }: DeviceClassConfiguration, path: string) {
  if (!opaque) return [requiredValue(`${path}.opaque`)];
  return checkDriverName(opaque.driver, `${path}.opaque.driver`);
}

/** `example.com/model`: attributes of devices always say whose they are. */
export function checkAttributeName(name: string, path: string): StatusCause[] {
  if (name === '') return [requiredValue(path, 'name is required')];
  const slash = name.indexOf('/');
  if (slash < 0) return [invalidValue(path, name, 'must include a domain')];
  const [domain, id] = [name.slice(0, slash), name.slice(slash + 1)];
  const causes = domain
    ? problemsOf(path, domain, isDns1123Subdomain(domain))
    : [requiredValue(path, 'the domain must not be empty')];
  if (/^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(id)) return causes;
  return [
    ...causes,
    invalidValue(
      path,
      id,
      'a valid C identifier must start with alphabetic ' +
        "character or '_', followed by a string of alphanumeric characters or '_'",
    ),
  ];
}
