import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain } from '../names.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from '../types/admissionregistration-v1.generated.ts';
import { checkAdmissionRule, checkMatchConditions } from './admission-rules.ts';
import { duplicateValue, invalidValue, requiredValue } from './cause.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';
import { checkSelector } from './selector.ts';
import { checkClientConfig, checkReviewVersions } from './webhook-client.ts';

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

export function validateWebhooks(object: Configuration, old: Configuration | undefined) {
  const causes = validateMetadata(object, old, clusterSubdomain);
  const webhooks: readonly (MutatingWebhook | ValidatingWebhook)[] = object.webhooks ?? [];
  const names = webhooks.map(({ name }) => name);
  for (const [index, webhook] of webhooks.entries()) {
    const at = `webhooks[${index}]`;
    causes.push(...checkWebhook(webhook, at));
    if (webhook.name && names.indexOf(webhook.name) < index) {
      causes.push(duplicateValue(`${at}.name`, webhook.name));
    }
  }
  return causes;
}

const secondsMax = 30;

function checkWebhook(webhook: MutatingWebhook | ValidatingWebhook, path: string): StatusCause[] {
  const { name, rules = [], timeoutSeconds: seconds, clientConfig, sideEffects } = webhook;
  const { namespaceSelector, objectSelector, matchConditions } = webhook;
  const causes = checkFullName(name, `${path}.name`);
  for (const [index, rule] of rules.entries()) {
    causes.push(...checkAdmissionRule(rule, `${path}.rules[${index}]`));
  }
  if (!sideEffects) {
    const detail = 'must specify one of None, NoneOnDryRun';
    causes.push(requiredValue(`${path}.sideEffects`, detail));
  }
  if (seconds !== undefined && (seconds < 1 || seconds > secondsMax)) {
    const detail = `the timeout value must be between 1 and ${secondsMax} seconds`;
    causes.push(invalidValue(`${path}.timeoutSeconds`, seconds, detail));
  }
  return [
    ...causes,
    ...(namespaceSelector ? checkSelector(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...(objectSelector ? checkSelector(objectSelector, `${path}.objectSelector`) : []),
    ...checkMatchConditions(matchConditions, `${path}.matchConditions`),
    ...checkClientConfig(clientConfig ?? {}, `${path}.clientConfig`),
    ...checkReviewVersions(
      webhook.admissionReviewVersions ?? [],
      `${path}.admissionReviewVersions`,
    ),
  ];
}

/** `pods.example.com`: somebody's domain, so that names do not meet. */
function checkFullName(name: string | undefined, path: string): StatusCause[] {
  if (!name) return [requiredValue(path)];
  const problems = isDns1123Subdomain(name);
  if (problems.length > 0) return [invalidValue(path, name, problems.join(','))];
  if (name.split('.').length >= 3) return [];
  const detail = 'should be a domain with at least three segments separated by dots';
  return [invalidValue(path, name, detail)];
}
