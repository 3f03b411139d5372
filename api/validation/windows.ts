/** Pods for Windows nodes: no node of ours, but their rules hold for whoever describes one. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain } from '../names.ts';
import type { PodSpec, WindowsSecurityContextOptions } from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue, problemsOf, requiredValue } from './cause.ts';
import { allContainers } from './pod-scope.ts';

type Options = WindowsSecurityContextOptions;

const specKibMax = 64;

export function checkWindowsOptions(options: Options | undefined, path: string): StatusCause[] {
  if (!options) return [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: text, runAsUserName: user } = options;
  const causes =
    name === undefined
      ? []
      : problemsOf(`${path}.gmsaCredentialSpecName`, name, isDns1123Subdomain(name));
  if (text === '') {
    const detail = 'gmsaCredentialSpec cannot be an empty string';
    causes.push(invalidValue(`${path}.gmsaCredentialSpec`, text, detail));
  } else if (text && text.length > specKibMax * 1024) {
    const detail = `gmsaCredentialSpec size must be under ${specKibMax} KiB`;
    causes.push(invalidValue(`${path}.gmsaCredentialSpec`, text, detail));
  }
  if (user === undefined) return causes;
  const field = `${path}.runAsUserName`;
  return [...causes, ...userProblems(user).map((detail) => invalidValue(field, user, detail))];
}

const domainMax = 256;
const userMax = 104;
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsName = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);

/** `DOMAIN\user` or `user`. */
function userProblems(text: string): string[] {
  if (text === '') return ['runAsUserName cannot be an empty string'];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(text)) return ['runAsUserName cannot contain control characters'];
  const parts = text.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const problems: string[] = [];
  if (domain !== undefined && domain.length >= domainMax) {
    problems.push(`runAsUserName's Domain length must be under ${domainMax} characters`);
  }
  if (domain !== undefined && !netBios.test(domain) && !dnsName.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  else if (user.length > userMax) {
    problems.push(`runAsUserName's User length must not be longer than ${userMax} characters`);
  }
  if (/^[. ]+$/.test(user)) {
    problems.push("runAsUserName's User cannot contain only periods or spaces");
  }
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push(
      'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]',
    );
  }
  return problems;
}

/** Containers that are processes of the node: all of them or none, and on its network. */
export function checkHostProcess(spec: PodSpec, path: string): StatusCause[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const causes: StatusCause[] = [];
  const containers = allContainers(spec, path);
  let count = 0;
  for (const { container, path: at } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      causes.push(invalidValue(`${at}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    if (own ?? ofPod) count += 1;
  }
  if (count === 0) return causes;
  if (count !== containers.length) {
    const detail =
      'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    causes.push(invalidValue(path, '', detail));
  }
  if (!spec.hostNetwork) {
    const detail = 'hostNetwork must be true if pod contains any hostProcess containers';
    causes.push(invalidValue(`${path}.hostNetwork`, false, detail));
  }
  return causes;
}

const notOnWindows = {
  pod: ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'],
  podContext: [
    'appArmorProfile',
    'seLinuxOptions',
    'seccompProfile',
    'fsGroup',
    'fsGroupChangePolicy',
    'sysctls',
    'runAsUser',
    'runAsGroup',
    'supplementalGroups',
    'supplementalGroupsPolicy',
    'seLinuxChangePolicy',
  ],
  containerContext: [
    'appArmorProfile',
    'seLinuxOptions',
    'seccompProfile',
    'capabilities',
    'readOnlyRootFilesystem',
    'privileged',
    'allowPrivilegeEscalation',
    'procMount',
    'runAsUser',
    'runAsGroup',
  ],
};

/** What a pod for one system may not say of the other. */
export function checkSystem(spec: PodSpec, path: string): StatusCause[] {
  if (!spec.os) return [];
  if (spec.os.name === '') return [requiredValue(`${path}.os.name`, 'cannot be empty')];
  const contexts = allContainers(spec, path).map(({ container, path: at }) => ({
    holder: container.securityContext,
    at: `${at}.securityContext`,
  }));
  const ofPod = { holder: spec.securityContext, at: `${path}.securityContext` };
  if (spec.os.name === 'linux') {
    const detail = 'windows options cannot be set for a linux pod';
    return [ofPod, ...contexts].flatMap((each) => forbid(each, ['windowsOptions'], detail));
  }
  if (spec.os.name !== 'windows') return [];
  const detail = 'cannot be set for a windows pod';
  return [
    ...forbid({ holder: spec, at: path }, notOnWindows.pod, detail),
    ...forbid(ofPod, notOnWindows.podContext, detail),
    ...contexts.flatMap((each) => forbid(each, notOnWindows.containerContext, detail)),
  ];
}

interface Holder {
  readonly holder: object | undefined;
  readonly at: string;
}

/** A false switch of the pod says as little as an absent one. */
function forbid({ holder = {}, at }: Holder, names: readonly string[], detail: string) {
  const fields = holder as Readonly<Record<string, unknown>>;
  const isSet = (name: string) =>
    fields[name] !== undefined &&
    !(name.startsWith('host') && fields[name] === false && name !== 'hostUsers');
  return names.filter(isSet).map((name) => forbiddenValue(`${at}.${name}`, detail));
}
