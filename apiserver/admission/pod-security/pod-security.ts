/** The Pod Security Standards: refuses, warns of and audits pods by their namespace's labels. */
import { namespaces } from '../../../api/resources/namespace.ts';
import { pods } from '../../../api/resources/pod.ts';
import type { Namespace, Pod, PodSpec } from '../../../api/types/core-v1.generated.ts';
import type { ObjectMeta } from '../../../api/types/meta-v1.generated.ts';
import { invalidObject } from '../../../api/validation/cause.ts';
import { StatusError } from '../../../base/errors.ts';
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../../request.ts';
import { isEqual } from '../../write/equality.ts';
import { forbidden } from '../refusal.ts';
import { type PodSecurityConfig, readPodSecurityConfig } from './config.ts';
import { describeInDetail, evaluate } from './evaluate.ts';
import { warnOfPods } from './existing-pods.ts';
import {
  describe,
  isSame,
  isStricter,
  type LevelVersion,
  type Policy,
  policyOf,
} from './policy.ts';
import { isSignificant } from './significant.ts';
import { subjectOf } from './subject.ts';
import { templateOf } from './templates.ts';

export interface PodSecurityOptions {
  readonly reader: ObjectReader;
  /** A PodSecurityConfiguration. */
  readonly configs?: ReadonlyMap<string, unknown>;
}

/** Of these a pod's spec does not change. */
const idle: readonly string[] = [
  'exec',
  'attach',
  'binding',
  'eviction',
  'log',
  'portforward',
  'proxy',
  'status',
];

/** @throws UsageError for a configuration that is none */
export function createPodSecurity({ reader, configs }: PodSecurityOptions): AdmissionPlugin {
  const config = readPodSecurityConfig(configs?.get('PodSecurity'));
  return {
    name: 'PodSecurity',
    validate(request) {
      const { object, operation, info, resource } = request;
      if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined;
      if (resource.group === '' && resource.plural === 'namespaces') {
        if (!info.subresource) checkNamespace(request, { reader, config });
        return undefined;
      }
      const isPod = resource.group === '' && resource.plural === 'pods';
      if (isPod ? idle.includes(info.subresource) : info.subresource) return undefined;
      const made = isPod ? (object as Pod) : templateOf(resource, object);
      if (!made?.spec || isExempt(request, made.spec, config)) return undefined;
      if (isPod && request.old && !isSignificant(made, request.old as Pod)) return undefined;
      const namespace = reader.get(namespaces, info.namespace);
      if (!namespace) return isPod ? unknownNamespace(info.namespace) : undefined;
      const { policy } = policyOf(namespace.metadata?.labels, config.defaults);
      checkPod(request, policy, { metadata: made.metadata, spec: made.spec, isPod });
      return undefined;
    },
  };
}

function unknownNamespace(name: string): never {
  const message = `Internal error occurred: failed to lookup namespace ${JSON.stringify(name)}`;
  throw new StatusError('InternalError', message);
}

function isExempt({ info, user }: AdmissionRequest, spec: PodSpec, config: PodSecurityConfig) {
  const { namespaces: exempt, usernames, runtimeClasses } = config.exemptions;
  return (
    exempt.includes(info.namespace) ||
    usernames.includes(user.name) ||
    (spec.runtimeClassName !== undefined && runtimeClasses.includes(spec.runtimeClassName))
  );
}

const auditPrefix = 'pod-security.kubernetes.io/';

interface Made {
  readonly metadata: ObjectMeta | undefined;
  readonly spec: PodSpec;
  /** Templates are only warned of: their pods are what is refused. */
  readonly isPod: boolean;
}

function checkPod(request: AdmissionRequest, policy: Policy, made: Made): void {
  const subject = subjectOf(made.metadata, made.spec);
  const judge = (wanted: LevelVersion) => {
    const violations = evaluate(wanted, subject);
    const level = JSON.stringify(describe(wanted));
    return violations.length > 0 ? `${level}: ${describeInDetail(violations)}` : undefined;
  };
  const { audit } = request;
  if (made.isPod) audit?.set(`${auditPrefix}enforce-policy`, describe(policy.enforce));
  const audited = audit && judge(policy.audit);
  if (audited) audit?.set(`${auditPrefix}audit-violations`, `would violate PodSecurity ${audited}`);
  const refused = made.isPod ? judge(policy.enforce) : undefined;
  if (refused) throw forbidden(request, `violates PodSecurity ${refused}`);
  if (made.isPod && isSame(policy.enforce, policy.warn)) return;
  const warned = judge(policy.warn);
  if (warned) addWarnings(request, [`would violate PodSecurity ${warned}`]);
}

/** A new level must be one; the pods that are there already are only told of. */
function checkNamespace(
  request: AdmissionRequest,
  { reader, config }: { readonly reader: ObjectReader; readonly config: PodSecurityConfig },
): void {
  const namespace = request.object as Namespace;
  const now = policyOf(namespace.metadata?.labels, config.defaults);
  const before = request.old && policyOf(request.old.metadata?.labels, config.defaults);
  if (now.problems.length > 0 && !isEqual(now.problems, before?.problems)) {
    throw invalidObject(namespaces, namespace.metadata?.name ?? '', now.problems);
  }
  if (!before || !isTighter(now.policy.enforce, before.policy.enforce)) return;
  const name = namespace.metadata?.name ?? '';
  if (config.exemptions.namespaces.includes(name)) return;
  const isChecked = ({ spec }: Pod) =>
    !config.exemptions.runtimeClasses.includes(spec?.runtimeClassName ?? '');
  const there = reader.list(pods, name).filter(isChecked);
  addWarnings(request, warnOfPods(there, name, now.policy.enforce));
}

/** Whether pods that were fine before may not be now. */
const isTighter = (now: LevelVersion, before: LevelVersion): boolean =>
  now.level !== 'privileged' &&
  !isSame(now, before) &&
  (now.minor !== before.minor || isStricter(now.level, before.level));

function addWarnings({ warnings }: AdmissionRequest, texts: readonly string[]): void {
  for (const text of texts) if (!warnings.includes(text)) warnings.push(text);
}
