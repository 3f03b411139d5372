import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain, isPathSegmentName } from '../names.ts';
import type { TypedLocalObjectReference } from '../types/core-v1.generated.ts';
import type {
  IngressClass,
  IngressClassParametersReference,
} from '../types/networking-v1.generated.ts';
import { forbiddenValue, invalidValue, problemsOf, requiredValue, tooLongValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';

const controllerBytesMax = 250;

export function validateIngressClass(object: IngressClass, old: IngressClass | undefined) {
  const { controller = '', parameters } = object.spec ?? {};
  const path = 'spec.controller';
  const causes = validateMetadata(object, old, clusterSubdomain);
  if (controller.length > controllerBytesMax) causes.push(tooLongValue(path, controllerBytesMax));
  causes.push(
    ...checkDomainPath(controller, path),
    ...(parameters ? checkParameters(parameters, 'spec.parameters') : []),
    ...(old ? checkImmutable(path, controller, old.spec?.controller) : []),
  );
  return causes;
}

const pathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** `example.com/name`. */
export function checkDomainPath(text: string, path: string): StatusCause[] {
  if (text === '') return [requiredValue(path)];
  const slash = text.indexOf('/');
  const [host, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 1 || rest === '') {
    const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
    return [invalidValue(path, text, detail)];
  }
  const causes = problemsOf(path, host, isDns1123Subdomain(host));
  if (new RegExp(`^${pathPattern}$`).test(rest)) return causes;
  const detail = `Invalid path (regex used for validation is '${pathPattern}')`;
  return [...causes, invalidValue(path, rest, detail)];
}

function checkParameters(parameters: IngressClassParametersReference, path: string) {
  const causes = checkLocalReference(parameters, path);
  const { scope, namespace } = parameters;
  // An unknown scope is reported by the schema.
  if (scope === undefined) causes.push(requiredValue(`${path}.scope`));
  else if (scope === 'Namespace') {
    if (namespace) {
      causes.push(...problemsOf(`${path}.namespace`, namespace, isDns1123Label(namespace)));
    } else {
      const detail = "`parameters.scope` is set to 'Namespace'";
      causes.push(requiredValue(`${path}.namespace`, detail));
    }
  } else if (scope === 'Cluster' && namespace !== undefined) {
    causes.push(forbiddenValue(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return causes;
}

/** What Ingresses and their classes may refer to. */
export function checkLocalReference(
  { apiGroup, kind, name }: TypedLocalObjectReference,
  path: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (apiGroup !== undefined) {
    causes.push(...problemsOf(`${path}.apiGroup`, apiGroup, isDns1123Subdomain(apiGroup)));
  }
  for (const [field, value] of Object.entries({ kind, name })) {
    const at = `${path}.${field}`;
    if (value) causes.push(...problemsOf(at, value, isPathSegmentName(value)));
    else causes.push(requiredValue(at, `${field} is required`));
  }
  return causes;
}
