/** Priorities of requests to the API server, and which requests have which. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain } from '../names.ts';
import type {
  FlowSchema,
  FlowSchemaSpec,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../types/flowcontrol-v1.generated.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkFlowRules } from './flow-rules.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';

const precedenceMax = 10_000;
const distinguishers = ['ByNamespace', 'ByUser'];
const exempt = 'exempt';

export const validateFlowSchema = (object: FlowSchema, old: FlowSchema | undefined) => [
  ...validateMetadata(object, old, clusterSubdomain),
  ...(object.spec ? checkFlowSpec(object.spec, object.metadata?.name ?? '', 'spec') : []),
];

function checkFlowSpec(spec: FlowSchemaSpec, name: string, path: string): StatusCause[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules = [] } = spec;
  const causes: StatusCause[] = [];
  const refuse = (detail: string) =>
    causes.push(invalidValue(`${path}.matchingPrecedence`, precedence, detail));
  if (precedence <= 0) refuse('must be a positive value');
  if (precedence > precedenceMax) refuse(`must not be greater than ${precedenceMax}`);
  if (precedence === 1 && name !== exempt) {
    refuse("only the schema named 'exempt' may have matchingPrecedence 1");
  }
  const method = distinguisherMethod?.type;
  if (method !== undefined && !distinguishers.includes(method)) {
    causes.push(unsupportedValue(`${path}.distinguisherMethod.type`, method, distinguishers));
  }
  const level = spec.priorityLevelConfiguration?.name;
  const at = `${path}.priorityLevelConfiguration.name`;
  if (level) causes.push(...problemsOf(at, level, isDns1123Subdomain(level)));
  else causes.push(requiredValue(at, 'must reference a priority level'));
  return [...causes, ...checkFlowRules(rules, `${path}.rules`)];
}

export const validatePriorityLevel = (
  object: PriorityLevelConfiguration,
  old: PriorityLevelConfiguration | undefined,
): StatusCause[] => [
  ...validateMetadata(object, old, clusterSubdomain),
  ...(object.spec ? checkLevelSpec(object.spec, object.metadata?.name ?? '', 'spec') : []),
];

function checkLevelSpec(spec: PriorityLevelConfigurationSpec, name: string, path: string) {
  const { type, limited } = spec;
  const causes: StatusCause[] = [];
  if (type !== undefined && (name === exempt) !== (type === 'Exempt')) {
    const detail = "must be 'Exempt' if and only if `name` is 'exempt'";
    causes.push(invalidValue(`${path}.type`, type, detail));
  }
  if (type === 'Exempt') {
    if (limited) {
      causes.push(forbiddenValue(`${path}.limited`, 'must be nil if the type is not Limited'));
    }
    if (!spec.exempt) {
      causes.push(requiredValue(`${path}.exempt`, 'must be non-empty if the type is Exempt'));
    } else causes.push(...checkShares(spec.exempt, `${path}.exempt`));
  } else if (type === 'Limited') {
    if (spec.exempt) {
      causes.push(forbiddenValue(`${path}.exempt`, 'must be nil if the type is Limited'));
    }
    if (limited) causes.push(...checkLimited(limited, `${path}.limited`));
    else causes.push(requiredValue(`${path}.limited`, 'must not be empty when type is Limited'));
  } else if (type !== undefined) {
    causes.push(unsupportedValue(`${path}.type`, type, ['Exempt', 'Limited']));
  }
  return causes;
}

interface Shares {
  readonly nominalConcurrencyShares?: number;
  readonly lendablePercent?: number;
}

function checkShares({ nominalConcurrencyShares, lendablePercent }: Shares, path: string) {
  const causes: StatusCause[] = [];
  if (nominalConcurrencyShares !== undefined && nominalConcurrencyShares < 0) {
    const at = `${path}.nominalConcurrencyShares`;
    causes.push(invalidValue(at, nominalConcurrencyShares, 'must be a non-negative integer'));
  }
  if (lendablePercent !== undefined && (lendablePercent < 0 || lendablePercent > 100)) {
    const detail = 'must be between 0 and 100, inclusive';
    causes.push(invalidValue(`${path}.lendablePercent`, lendablePercent, detail));
  }
  return causes;
}

function checkLimited(limited: LimitedPriorityLevelConfiguration, path: string): StatusCause[] {
  const { borrowingLimitPercent: borrowed, limitResponse } = limited;
  const causes = checkShares(limited, path);
  if (borrowed !== undefined && borrowed < 0) {
    const detail = 'if specified, must be a non-negative integer';
    causes.push(invalidValue(`${path}.borrowingLimitPercent`, borrowed, detail));
  }
  return [...causes, ...checkResponse(limitResponse ?? { type: '' }, `${path}.limitResponse`)];
}

function checkResponse({ type, queuing }: LimitResponse, path: string): StatusCause[] {
  const at = `${path}.queuing`;
  if (type === 'Reject') {
    return queuing
      ? [forbiddenValue(at, 'must be nil if limited.limitResponse.type is not Limited')]
      : [];
  }
  if (type !== 'Queue') return [unsupportedValue(`${path}.type`, type, ['Queue', 'Reject'])];
  if (queuing) return checkQueuing(queuing, at);
  return [requiredValue(at, 'must not be empty if limited.limitResponse.type is Limited')];
}

const queuesMax = 10_000_000;

function checkQueuing(queuing: QueuingConfiguration, path: string): StatusCause[] {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing;
  const causes: StatusCause[] = [];
  for (const [field, value] of Object.entries({ queueLengthLimit, queues, handSize })) {
    if (value <= 0) causes.push(invalidValue(`${path}.${field}`, value, 'must be positive'));
  }
  if (queues > queuesMax) {
    const detail = `must not be greater than ${queuesMax}`;
    causes.push(invalidValue(`${path}.queues`, queues, detail));
  }
  if (queues > 0 && handSize > queues) {
    const detail = `should not be greater than queues (${queues})`;
    causes.push(invalidValue(`${path}.handSize`, handSize, detail));
  }
  return causes;
}
