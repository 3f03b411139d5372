import { ageColumn, countColumn, nameColumn } from '../columns.ts';
import { defaultWebhook } from '../defaults/admission.ts';
import type { Resource } from '../resource.ts';
import type { ValidatingWebhookConfiguration } from '../types/admissionregistration-v1.generated.ts';
import { validateWebhooks } from '../validation/admission-webhook.ts';
import { inertWarning } from './inert.ts';
import { allVerbs } from './verbs.ts';

export const validatingWebhookConfigurations: Resource<ValidatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    countColumn('Webhooks', 'Number of webhooks.', ({ webhooks = [] }) => webhooks.length),
    ageColumn,
  ],
  applyDefaults: ({ webhooks = [] }) => {
    for (const webhook of webhooks) defaultWebhook(webhook);
  },
  validate: validateWebhooks,
  warnings: inertWarning('its webhooks are not called'),
};
