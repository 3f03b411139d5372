/** Admission policies, which are expressions, and their bindings. The expressions are not read. */
import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1035Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isQualifiedName,
} from '../names.ts';
import type {
  AuditAnnotation,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingAdmissionPolicyBindingSpec,
  MutatingAdmissionPolicySpec,
  Mutation,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicySpec,
  Validation,
  Variable,
} from '../types/admissionregistration-v1.generated.ts';
import { checkExpression, checkMatchConditions, checkMatchResources } from './admission-rules.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';
import { checkSelector } from './selector.ts';

export function validateValidatingPolicy(
  object: ValidatingAdmissionPolicy,
  old: ValidatingAdmissionPolicy | undefined,
): StatusCause[] {
  const spec = object.spec ?? {};
  const { validations = [], auditAnnotations = [] } = spec;
  const causes = [
    ...validateMetadata(object, old, clusterSubdomain),
    ...checkPolicy(spec, 'spec'),
    ...validations.flatMap((each, index) => checkValidation(each, `spec.validations[${index}]`)),
    ...checkAnnotations(auditAnnotations, 'spec.auditAnnotations'),
  ];
  if (validations.length + auditAnnotations.length > 0) return causes;
  const detail = 'validations or auditAnnotations must contain at least one item';
  return [
    ...causes,
    requiredValue('spec.validations', detail),
    requiredValue('spec.auditAnnotations', detail),
  ];
}

export function validateMutatingPolicy(
  object: MutatingAdmissionPolicy,
  old: MutatingAdmissionPolicy | undefined,
): StatusCause[] {
  const spec = object.spec ?? {};
  const { mutations = [] } = spec;
  const causes = [
    ...validateMetadata(object, old, clusterSubdomain),
    ...checkPolicy(spec, 'spec'),
    ...mutations.flatMap((each, index) => checkMutation(each, `spec.mutations[${index}]`)),
  ];
  if (mutations.length > 0) return causes;
  return [...causes, requiredValue('spec.mutations', 'mutations must contain at least one item')];
}

function checkPolicy(
  spec: ValidatingAdmissionPolicySpec | MutatingAdmissionPolicySpec,
  path: string,
): StatusCause[] {
  const { paramKind, variables = [], matchConditions, matchConstraints: match } = spec;
  const causes = [
    ...(paramKind ? checkParamKind(paramKind, `${path}.paramKind`) : []),
    ...checkVariables(variables, `${path}.variables`),
    ...checkMatchConditions(matchConditions, `${path}.matchConditions`),
  ];
  const at = `${path}.matchConstraints`;
  if (!match) return [...causes, requiredValue(at)];
  causes.push(...checkMatchResources(match, at));
  if (!match.resourceRules?.length) causes.push(requiredValue(`${at}.resourceRules`));
  return causes;
}

function checkParamKind({ apiVersion = '', kind = '' }: ParamKind, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const at = `${path}.apiVersion`;
  const [first = '', second, ...more] = apiVersion.split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  if (apiVersion === '') causes.push(requiredValue(at));
  else if (more.length > 0) {
    causes.push(invalidValue(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else {
    const problems = [...(group ? isDns1123Subdomain(group) : []), ...isDns1035Label(version)];
    causes.push(...problems.map((problem) => invalidValue(at, apiVersion, problem)));
  }
  if (kind === '') return [...causes, requiredValue(`${path}.kind`)];
  const problems = isDns1035Label(kind.toLowerCase());
  if (problems.length === 0) return causes;
  const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
  return [...causes, invalidValue(`${path}.kind`, kind, detail)];
}

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

function checkVariables(variables: readonly Variable[], path: string): StatusCause[] {
  const names = variables.map(({ name }) => name);
  return variables.flatMap(({ name, expression }, index) => {
    const at = `${path}[${index}]`;
    const causes = checkExpression(expression, `${at}.expression`, 'expression is not specified');
    if (!name) return [...causes, requiredValue(`${at}.name`, 'name is not specified')];
    if (!identifier.test(name)) {
      causes.push(invalidValue(`${at}.name`, name, 'name is not a valid CEL identifier'));
    }
    if (names.indexOf(name) < index) causes.push(duplicateValue(`${at}.name`, name));
    return causes;
  });
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];

function checkValidation(validation: Validation, path: string): StatusCause[] {
  const { expression = '', message, messageExpression, reason } = validation;
  const causes = checkExpression(expression, `${path}.expression`, 'expression is not specified');
  const at = `${path}.message`;
  if (message && message.trim() === '') {
    causes.push(invalidValue(at, message, 'message must be non-empty if specified'));
  } else if (message && /[\r\n]/.test(message.trim())) {
    causes.push(invalidValue(at, message, 'message must not contain line breaks'));
  } else if (!message && /[\r\n]/.test(expression.trim())) {
    const detail = 'message must be specified if expression contains line breaks';
    causes.push(requiredValue(at, detail));
  }
  if (messageExpression !== undefined && messageExpression !== '') {
    const detail = 'must be non-empty if specified';
    causes.push(...checkExpression(messageExpression, `${path}.messageExpression`, detail));
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    causes.push(unsupportedValue(`${path}.reason`, reason, reasons));
  }
  return causes;
}

function checkAnnotations(annotations: readonly AuditAnnotation[], path: string): StatusCause[] {
  const keys = annotations.map(({ key }) => key);
  return annotations.flatMap(({ key, valueExpression }, index) => {
    const at = `${path}[${index}]`;
    const detail = 'valueExpression is not specified';
    const causes = checkExpression(valueExpression, `${at}.valueExpression`, detail);
    if (!key) return [...causes, requiredValue(`${at}.key`, 'key is not specified')];
    causes.push(...problemsOf(`${at}.key`, key, isQualifiedName(key)));
    if (keys.indexOf(key) < index) causes.push(duplicateValue(`${at}.key`, key));
    return causes;
  });
}

const patchFields = new Map([
  ['ApplyConfiguration', 'applyConfiguration'],
  ['JSONPatch', 'jsonPatch'],
] as const);

function checkMutation(mutation: Mutation, path: string): StatusCause[] {
  const { patchType } = mutation;
  if (!patchType) return [requiredValue(`${path}.patchType`)];
  const wanted = patchFields.get(patchType as 'JSONPatch');
  if (!wanted) return [unsupportedValue(`${path}.patchType`, patchType, [...patchFields.keys()])];
  const causes: StatusCause[] = [];
  for (const field of patchFields.values()) {
    const at = `${path}.${field}`;
    const given = mutation[field];
    if (field === wanted) {
      if (given) causes.push(...checkExpression(given.expression, `${at}.expression`));
      else causes.push(requiredValue(at, `must be specified when patchType is ${patchType}`));
    } else if (given) {
      causes.push(forbiddenValue(at, `must not be specified when patchType is ${patchType}`));
    }
  }
  return causes;
}

export const validateMutatingBinding = (
  object: MutatingAdmissionPolicyBinding,
  old: MutatingAdmissionPolicyBinding | undefined,
): StatusCause[] => [
  ...validateMetadata(object, old, clusterSubdomain),
  ...checkBinding(object.spec ?? {}, 'spec'),
];

export const validateValidatingBinding = (
  object: ValidatingAdmissionPolicyBinding,
  old: ValidatingAdmissionPolicyBinding | undefined,
): StatusCause[] => [
  ...validateMetadata(object, old, clusterSubdomain),
  ...checkBinding(object.spec ?? {}, 'spec'),
  ...checkActions(object.spec?.validationActions ?? [], 'spec.validationActions'),
];

function checkBinding(spec: MutatingAdmissionPolicyBindingSpec, path: string): StatusCause[] {
  const { policyName: name, paramRef, matchResources } = spec;
  return [
    ...(name
      ? problemsOf(`${path}.policyName`, name, isDns1123Subdomain(name))
      : [requiredValue(`${path}.policyName`)]),
    ...(paramRef ? checkParamRef(paramRef, `${path}.paramRef`) : []),
    ...(matchResources ? checkMatchResources(matchResources, `${path}.matchResources`) : []),
  ];
}

function checkParamRef(reference: ParamRef, path: string): StatusCause[] {
  const { name, selector, parameterNotFoundAction: action } = reference;
  const causes: StatusCause[] = [];
  if (name) causes.push(...problemsOf(`${path}.name`, name, isPathSegmentName(name)));
  if (selector) causes.push(...checkSelector(selector, `${path}.selector`));
  if (name && selector) {
    const detail = 'name and selector are mutually exclusive';
    causes.push(forbiddenValue(`${path}.name`, detail), forbiddenValue(`${path}.selector`, detail));
  }
  if (!name && !selector)
    causes.push(requiredValue(path, 'one of name or selector must be specified'));
  // An unknown one is reported by the schema.
  if (!action) causes.push(requiredValue(`${path}.parameterNotFoundAction`));
  return causes;
}

const actions = ['Audit', 'Deny', 'Warn'];

function checkActions(wanted: readonly string[], path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, action] of wanted.entries()) {
    const at = `${path}[${index}]`;
    if (!actions.includes(action)) causes.push(unsupportedValue(at, action, actions));
    if (wanted.indexOf(action) < index) causes.push(duplicateValue(at, action));
  }
  if (wanted.includes('Deny') && wanted.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information ' +
      'in the API response and headers serves no purpose)';
    causes.push(invalidValue(path, wanted, detail));
  }
  if (wanted.length > 0) return causes;
  return [requiredValue(path, 'at least one validation action is required')];
}
