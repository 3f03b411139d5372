/** What the baseline level forbids: the known ways out of a container. Pure. */
import type {
  Container,
  LifecycleHandler,
  Probe,
  SecurityContext,
} from '../../../api/types/core-v1.generated.ts';
import { type Check, hasUserNamespace, namesOf, type Subject } from './subject.ts';
import { counted, plural, quoted, sorted } from './words.ts';

const defaultCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const capabilities: Check = (subject) => {
  const added = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((each) => !defaultCapabilities.has(each));
  const bad = namesOf(subject, (container) => added(container).length > 0);
  if (bad.length === 0) return undefined;
  const what = quoted(sorted(subject.containers.flatMap(added)));
  const where = 'in securityContext.capabilities.add';
  const detail = `${counted('container', bad)} must not include ${what} ${where}`;
  return { reason: 'non-default capabilities', detail };
};

export const hostNamespaces: Check = ({ spec }) => {
  const fields = ['hostNetwork', 'hostPID', 'hostIPC'] as const;
  const set = fields.filter((field) => spec[field]).map((field) => `${field}=true`);
  return set.length > 0 ? { reason: 'host namespaces', detail: set.join(', ') } : undefined;
};

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).flatMap(({ name, hostPath }) => (hostPath ? [name] : []));
  if (names.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: counted('volume', names) };
};

export const hostPorts: Check = (subject) => {
  const portsOf = ({ ports = [] }: Container) =>
    ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const bad = namesOf(subject, (container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(subject.containers.flatMap(portsOf));
  const uses = bad.length === 1 ? 'uses' : 'use';
  const what = `${plural('hostPort', ports.length)} ${ports.join(', ')}`;
  return { reason: 'hostPort', detail: `${counted('container', bad)} ${uses} ${what}` };
};

export const hostProbes: Check = (subject) => {
  const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(
      hostsIn,
    );
  const bad = sorted(namesOf(subject, (container) => hostsOf(container).length > 0));
  if (bad.length === 0) return undefined;
  const hosts = sorted(subject.containers.flatMap(hostsOf));
  const uses = bad.length === 1 ? 'uses' : 'use';
  const what = counted('probe or lifecycle host', hosts);
  return {
    reason: 'probe or lifecycle host',
    detail: `${counted('container', bad)} ${uses} ${what}`,
  };
};

const hostsIn = (handler: Probe | LifecycleHandler | undefined): string[] =>
  [handler?.httpGet?.host, handler?.tcpSocket?.host].filter(
    (host) => host !== undefined && host !== '',
  ) as string[];

export const privileged: Check = (subject) => {
  const bad = namesOf(subject, ({ securityContext }) => securityContext?.privileged === true);
  if (bad.length === 0) return undefined;
  const detail = `${counted('container', bad)} must not set securityContext.privileged=true`;
  return { reason: 'privileged', detail };
};

/** Both the strict form, and the one of user namespaces. */
export const procMount: Check = (subject) => {
  const isBad = ({ securityContext }: Container) =>
    securityContext?.procMount !== undefined && securityContext.procMount !== 'Default';
  const bad = namesOf(subject, isBad);
  if (bad.length === 0) return undefined;
  const types = sorted(
    subject.containers.filter(isBad).map(({ securityContext }) => securityContext!.procMount!),
  );
  const what = `must not set securityContext.procMount to ${quoted(types)}`;
  const detail = `${counted('container', bad)} ${what}`;
  return { reason: 'procMount', detail };
};

export const procMountOrUserNamespace: Check = (subject) =>
  hasUserNamespace(subject) ? undefined : procMount(subject);

const seLinuxTypes: readonly string[] = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

export const seLinuxOptions: Check = (subject) => {
  const types: string[] = [];
  const others = { user: false, role: false };
  const setters = settersOf(subject, ({ seLinuxOptions: options }) => {
    if (!options) return false;
    const { type = '', user, role } = options;
    const isType = !seLinuxTypes.includes(type);
    if (isType) types.push(type);
    if (user) others.user = true;
    if (role) others.role = true;
    return isType || Boolean(user) || Boolean(role);
  });
  if (setters.length === 0) return undefined;
  const bad = [
    ...(types.length > 0 ? [counted('type', sorted(types))] : []),
    ...(others.user ? ['user may not be set'] : []),
    ...(others.role ? ['role may not be set'] : []),
  ];
  const what = 'set forbidden securityContext.seLinuxOptions';
  return {
    reason: 'seLinuxOptions',
    detail: `${setters.join(' and ')} ${what}: ${bad.join('; ')}`,
  };
};

export const windowsHostProcess: Check = (subject) => {
  const setters = settersOf(subject, ({ windowsOptions }) => windowsOptions?.hostProcess === true);
  if (setters.length === 0) return undefined;
  const what = 'must not set securityContext.windowsOptions.hostProcess=true';
  return { reason: 'hostProcess', detail: `${setters.join(' and ')} ${what}` };
};

type Shared = Pick<
  SecurityContext,
  'seLinuxOptions' | 'windowsOptions' | 'seccompProfile' | 'appArmorProfile' | 'runAsUser'
>;

/** `pod`, and its containers: those that set something forbidden. */
export function settersOf(subject: Subject, isBad: (context: Shared) => boolean): string[] {
  const isPodBad = isBad(subject.spec.securityContext ?? {});
  const bad = namesOf(subject, ({ securityContext }) => isBad(securityContext ?? {}));
  return [...(isPodBad ? ['pod'] : []), ...(bad.length > 0 ? [counted('container', bad)] : [])];
}
