/** Definitions of custom resources. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1035Label } from '../names.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../types/apiextensions-v1.generated.ts';
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from './cause.ts';
import { checkApproval, checkCrdNames, checkGroup, crdName } from './crd-names.ts';
import { checkRootSchema } from './crd-schema.ts';
import { checkImmutable } from './immutable.ts';
import { validateMetadata } from './metadata.ts';
import { checkClientConfig, checkReviewVersions } from './webhook-client.ts';

type Definition = CustomResourceDefinition;

export function validateCrd(object: Definition, old: Definition | undefined): StatusCause[] {
  const { spec } = object;
  const causes = [
    ...validateMetadata(object, old, { namespaced: false, name: crdName(object) }),
    ...(spec ? checkSpec(spec, 'spec') : []),
  ];
  if (!old) return [...causes, ...checkApproval(object)];
  const { group, scope, names } = spec ?? {};
  causes.push(
    ...checkImmutable('spec.group', group, old.spec.group),
    ...checkImmutable('spec.names.plural', names?.plural, old.spec.names.plural),
  );
  if (isEstablished(old)) {
    causes.push(
      ...checkImmutable('spec.scope', scope, old.spec.scope),
      ...checkImmutable('spec.names.kind', names?.kind, old.spec.names.kind),
    );
  }
  return [...causes, ...checkStoredVersions(object)];
}

const isEstablished = ({ status }: Definition) =>
  status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ??
  false;

/** What has objects in the store must stay readable. */
function checkStoredVersions({ spec, status }: Definition): StatusCause[] {
  const names = (spec?.versions ?? []).map(({ name }) => name);
  const path = 'status.storedVersions';
  return (status?.storedVersions ?? []).flatMap((version, index) =>
    names.includes(version)
      ? []
      : [
          invalidValue(
            `${path}[${index}]`,
            version,
            `missing from spec.versions; ${keepIt(version)}`,
          ),
        ],
  );
}

const keepIt = (version: string) =>
  `${version} was previously a storage version, and must remain in spec.versions until a storage ` +
  `migration ensures no data remains persisted in ${version} and removes ${version} from ` +
  'status.storedVersions';

function checkSpec(spec: CustomResourceDefinitionSpec, path: string): StatusCause[] {
  const { group, scope, names, versions = [], conversion } = spec;
  const causes = checkGroup(group, `${path}.group`);
  if (scope === '') causes.push(requiredValue(`${path}.scope`));
  if (names) causes.push(...checkCrdNames(names, `${path}.names`));
  if (spec.preserveUnknownFields) {
    const detail =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in ' +
      'spec.versions[*].schema instead';
    causes.push(invalidValue(`${path}.preserveUnknownFields`, true, detail));
  }
  const at = `${path}.versions`;
  for (const [index, version] of versions.entries()) {
    causes.push(...checkVersion(version, `${at}[${index}]`));
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    causes.push(invalidValue(at, namesOf(versions), 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    causes.push(invalidValue(at, namesOf(versions), detail));
  }
  if (conversion) causes.push(...checkConversion(conversion, `${path}.conversion`));
  return causes;
}

/** Whole versions, schema and all, would drown the message. */
const namesOf = (versions: readonly CustomResourceDefinitionVersion[]) =>
  versions.map(({ name }) => name);

function checkVersion(version: CustomResourceDefinitionVersion, path: string): StatusCause[] {
  const { name, schema, additionalPrinterColumns: columns = [], subresources } = version;
  const causes: StatusCause[] = [];
  const problems = name === undefined ? [] : isDns1035Label(name);
  if (problems.length > 0) causes.push(invalidValue(`${path}.name`, name, problems.join(',')));
  const root = schema?.openAPIV3Schema;
  const at = `${path}.schema.openAPIV3Schema`;
  if (root) causes.push(...checkRootSchema(root, at));
  else causes.push(requiredValue(at, 'schemas are required'));
  for (const [index, column] of columns.entries()) {
    causes.push(...checkColumn(column, `${path}.additionalPrinterColumns[${index}]`));
  }
  if (version.deprecationWarning && !version.deprecated) {
    const detail = 'can only be set for deprecated versions';
    causes.push(invalidValue(`${path}.deprecationWarning`, version.deprecationWarning, detail));
  }
  const { scale } = subresources ?? {};
  if (!scale) return causes;
  const scaleAt = `${path}.subresources.scale`;
  return [
    ...causes,
    ...checkScalePath(scale.specReplicasPath, `${scaleAt}.specReplicasPath`, '.spec.'),
    ...checkScalePath(scale.statusReplicasPath, `${scaleAt}.statusReplicasPath`, '.status.'),
  ];
}

function checkScalePath(text: string | undefined, path: string, prefix: string): StatusCause[] {
  if (text === undefined || text.startsWith(prefix)) return [];
  if (text === '') return [requiredValue(path)];
  return [invalidValue(path, text, `should be a json path under ${prefix.slice(0, -1)}`)];
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];

function checkColumn(column: CustomResourceColumnDefinition, path: string): StatusCause[] {
  const { name, type, jsonPath } = column;
  const causes: StatusCause[] = [];
  for (const [field, value] of Object.entries({ name, type, jsonPath })) {
    if (value === '') causes.push(requiredValue(`${path}.${field}`));
  }
  if (type && !columnTypes.includes(type)) {
    causes.push(unsupportedValue(`${path}.type`, type, columnTypes));
  }
  if (jsonPath && !/^[.[]/.test(jsonPath)) {
    const detail = 'is an invalid path: must start with . or [';
    causes.push(invalidValue(`${path}.jsonPath`, jsonPath, detail));
  }
  return causes;
}

function checkConversion({ strategy, webhook }: CustomResourceConversion, path: string) {
  if (strategy !== 'Webhook') {
    if (!webhook) return [];
    const detail = 'should not be set when strategy is not set to Webhook';
    return [forbiddenValue(`${path}.webhook`, detail)];
  }
  const at = `${path}.webhook`;
  if (!webhook) return [requiredValue(at, 'required when strategy is set to Webhook')];
  const { clientConfig, conversionReviewVersions: versions = [] } = webhook;
  return [
    ...(clientConfig
      ? checkClientConfig(clientConfig, `${at}.clientConfig`)
      : [requiredValue(`${at}.clientConfig`, 'required when strategy is set to Webhook')]),
    ...checkReviewVersions(versions, `${at}.conversionReviewVersions`),
  ];
}
