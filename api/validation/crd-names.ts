/** What a custom resource is called. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1035Label, isDns1123Subdomain, type NameCheck } from '../names.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
} from '../types/apiextensions-v1.generated.ts';
import { invalidValue, requiredValue } from './cause.ts';

/** The object's own name follows from what it defines, so that nothing is defined twice. */
export const crdName =
  ({ spec }: CustomResourceDefinition): NameCheck =>
  (value) => {
    const wanted = `${spec?.names?.plural ?? ''}.${spec?.group ?? ''}`;
    const problems = isDns1123Subdomain(value);
    return value === wanted ? problems : [...problems, 'must be spec.names.plural+"."+spec.group'];
  };

export function checkGroup(group: string | undefined, path: string): StatusCause[] {
  if (group === undefined) return [];
  if (group === '') return [requiredValue(path)];
  const problems = isDns1123Subdomain(group);
  if (problems.length > 0) return [invalidValue(path, group, problems.join(','))];
  if (group.includes('.')) return [];
  return [invalidValue(path, group, 'should be a domain with at least one dot')];
}

export function checkCrdNames(names: CustomResourceDefinitionNames, path: string): StatusCause[] {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names;
  const causes: StatusCause[] = [];
  const check = (at: string, name: string) => {
    const problems = isDns1035Label(name);
    if (problems.length > 0) causes.push(invalidValue(at, name, problems.join(',')));
  };
  const checkKind = (at: string, name: string) => {
    const problems = isDns1035Label(name.toLowerCase());
    if (problems.length === 0) return;
    const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    causes.push(invalidValue(at, name, detail));
  };
  for (const [field, value] of Object.entries({ plural, singular })) {
    if (value) check(`${path}.${field}`, value);
    else causes.push(requiredValue(`${path}.${field}`));
  }
  for (const [field, value] of Object.entries({ kind, listKind })) {
    if (value) checkKind(`${path}.${field}`, value);
    else causes.push(requiredValue(`${path}.${field}`));
  }
  for (const [index, name] of shortNames.entries()) check(`${path}.shortNames[${index}]`, name);
  for (const [index, name] of categories.entries()) check(`${path}.categories[${index}]`, name);
  if (kind && kind === listKind) {
    const detail = 'kind and listKind may not be the same';
    causes.push(invalidValue(`${path}.listKind`, listKind, detail));
  }
  return causes;
}

const approval = 'api-approved.kubernetes.io';

/** Groups of the Kubernetes project are kept for what its maintainers have seen. */
export function checkApproval({ metadata, spec }: CustomResourceDefinition): StatusCause[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return [];
  const value = metadata?.annotations?.[approval] ?? '';
  const path = `metadata.annotations[${approval}]`;
  if (value === '') {
    const detail =
      `protected groups must have approval annotation "${approval}", ` +
      'see https://github.com/kubernetes/enhancements/pull/1111';
    return [requiredValue(path, detail)];
  }
  if (value.startsWith('unapproved') || /^https?:\/\/[^/\s]+/.test(value)) return [];
  const detail =
    `protected groups must have approval annotation "${approval}" with either a URL or a reason ` +
    'starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111';
  return [invalidValue(path, value, detail)];
}
