/** Whether somebody may do something: the three access reviews. */
import type { FieldTerm } from '../../api/fields.ts';
import { parseFieldSelector } from '../../api/fields.ts';
import { parseLabelSelector } from '../../api/labels.ts';
import type {
  FieldSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../api/types/authorization-v1.generated.ts';
import { invalidObject, invalidValue } from '../../api/validation/cause.ts';
import type { StatusCause } from '../../base/errors.ts';
import type { Authorizer } from '../authorization/authorize.ts';
import type { Attributes } from '../authorization/rbac.ts';
import type { Maker } from '../call.ts';
import type { User } from '../request.ts';

const group = 'authorization.k8s.io';
type Spec = Omit<SubjectAccessReviewSpec, 'user' | 'groups' | 'uid' | 'extra'>;

export const reviewSelf =
  (authorize: Authorizer): Maker =>
  ({ object, user }) => {
    const review = object as SelfSubjectAccessReview;
    const spec = review.spec ?? {};
    refuse('SelfSubjectAccessReview', checkAttributes(spec));
    return { ...review, metadata: {}, status: judge(authorize, user, spec) };
  };

export const reviewSubject =
  (authorize: Authorizer): Maker =>
  ({ object }) => {
    const review = object as SubjectAccessReview;
    const spec = review.spec ?? {};
    refuse('SubjectAccessReview', [...checkAttributes(spec), ...checkSubject(spec)]);
    return { ...review, metadata: {}, status: judge(authorize, userOf(spec), spec) };
  };

/** Within one namespace, so that whoever rules that may ask. */
export const reviewLocalSubject =
  (authorize: Authorizer): Maker =>
  ({ object, info }) => {
    const review = object as LocalSubjectAccessReview;
    const spec = review.spec ?? {};
    const { namespace } = info;
    refuse('LocalSubjectAccessReview', [
      ...checkAttributes(spec),
      ...checkSubject(spec),
      ...checkNamespace(spec, namespace),
    ]);
    return { ...review, metadata: { namespace }, status: judge(authorize, userOf(spec), spec) };
  };

const userOf = ({ user = '', groups = [], uid, extra }: SubjectAccessReviewSpec): User => ({
  name: user,
  groups,
  ...(uid !== undefined && { uid }),
  ...(extra && { extra }),
});

function judge(authorize: Authorizer, user: User, spec: Spec): SubjectAccessReviewStatus {
  const { attributes, error } = attributesOf(spec);
  const { allowed, reason } = authorize(user, attributes);
  return {
    allowed,
    ...(reason && { reason }),
    ...(error && { evaluationError: error }),
  };
}

function attributesOf(spec: Spec): { attributes: Attributes; error?: string } {
  const { resourceAttributes: asked, nonResourceAttributes } = spec;
  if (!asked) return { attributes: pathAttributes(nonResourceAttributes ?? {}) };
  const {
    group = '',
    resource = '',
    subresource = '',
    verb = '',
    namespace = '',
    name = '',
  } = asked;
  const fields = readFields(asked.fieldSelector);
  const labels = readLabels(asked.labelSelector);
  const errors = [fields.error, labels.error].filter((each) => each !== undefined);
  const { terms: fieldTerms } = fields;
  return {
    attributes: {
      isResource: true,
      path: '',
      ...{ group, resource, subresource, verb, namespace, name, fieldTerms },
    },
    ...(errors.length > 0 && { error: errors.join('; ') }),
  };
}

const pathAttributes = ({ path = '', verb = '' }: NonResourceAttributes): Attributes => ({
  isResource: false,
  path,
  verb,
  ...{ group: '', resource: '', subresource: '', namespace: '', name: '' },
});

/** What cannot be read narrows nothing, so that the answer is for more than was asked. */
function readFields(selector: FieldSelectorAttributes | undefined): {
  terms: FieldTerm[];
  error?: string;
} {
  const field = 'spec.resourceAttributes.fieldSelector';
  if (!selector) return { terms: [] };
  const { rawSelector, requirements = [] } = selector;
  if (rawSelector) {
    try {
      return { terms: parseFieldSelector(rawSelector) };
    } catch {
      return { terms: [], error: `${field} ignored due to parse error` };
    }
  }
  const isKnown = ({ operator, values = [] }: (typeof requirements)[number]) =>
    (operator === 'In' || operator === 'NotIn') && values.length === 1;
  const known = requirements.filter(isKnown);
  const terms = known.map(({ key, operator, values }) => ({
    field: key,
    isEqual: operator === 'In',
    value: values![0]!,
  }));
  if (known.length === requirements.length) return { terms };
  const how = known.length > 0 ? 'partially ignored' : 'ignored';
  return { terms, error: `${field} ${how} due to parse error` };
}

/** No authorizer here looks at labels: they are only checked. */
function readLabels(selector: ResourceAttributes['labelSelector']): { error?: string } {
  const error = 'spec.resourceAttributes.labelSelector ignored due to parse error';
  const operators = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);
  if ((selector?.requirements ?? []).some((each) => !operators.has(each.operator)))
    return { error };
  try {
    parseLabelSelector(selector?.rawSelector ?? '');
    return {};
  } catch {
    return { error };
  }
}

function checkAttributes(spec: Spec): StatusCause[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (resource && path) {
    const why = 'cannot be specified in combination with resourceAttributes';
    return [invalidValue('spec.nonResourceAttributes', path, why)];
  }
  if (!resource && !path) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    return [invalidValue('spec.resourceAttributes', null, why)];
  }
  return [
    ...checkSelector('fieldSelector', resource?.fieldSelector),
    ...checkSelector('labelSelector', resource?.labelSelector),
  ];
}

interface Selector {
  readonly rawSelector?: string;
  readonly requirements?: readonly unknown[];
}

function checkSelector(name: string, selector: Selector | undefined): StatusCause[] {
  if (!selector) return [];
  const { rawSelector = '', requirements = [] } = selector;
  const field = `spec.resourceAttributes.${name}`;
  if (rawSelector && requirements.length > 0) {
    const why = 'may not specified at the same time as requirements';
    return [invalidValue(`${field}.rawSelector`, rawSelector, why)];
  }
  if (rawSelector || requirements.length > 0) return [];
  const message = `Required value: when ${field} is specified, requirements or rawSelector is required`;
  return [{ reason: 'FieldValueRequired', message, field: `${field}.requirements` }];
}

function checkSubject({ user, groups = [] }: SubjectAccessReviewSpec): StatusCause[] {
  if (user || groups.length > 0) return [];
  return [invalidValue('spec.user', '', 'at least one of user or group must be specified')];
}

function checkNamespace({ resourceAttributes: asked }: Spec, namespace: string): StatusCause[] {
  if (!asked) {
    const why = 'disallowed on this kind of request';
    return [invalidValue('spec.nonResourceAttributes', null, why)];
  }
  if (asked.namespace === namespace) return [];
  const why = 'must match metadata.namespace';
  return [invalidValue('spec.resourceAttributes.namespace', asked.namespace ?? '', why)];
}

/** @throws StatusError Invalid */
function refuse(kind: string, causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw invalidObject({ group, kind }, '', [...causes]);
}
