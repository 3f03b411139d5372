/** What upstream's v1 defaulting fills into pods and pod templates. Each changes its argument. */
import { copyEntries } from '../own.ts';
import { aggregateRequests } from '../pod-requests.ts';
import { quantityMilli } from '../quantity.ts';
import type {
  Container,
  EnvVar,
  Lifecycle,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
} from '../types/core-v1.generated.ts';
import { pullPolicyOf } from './image.ts';
import { defaultVolume } from './volume.ts';

export function defaultPod({ spec }: Pod): void {
  if (!spec) return;
  spec.enableServiceLinks ??= true;
  spec.serviceAccountName ||= spec.serviceAccount || 'default';
  defaultPodSpec(spec);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    defaultRequests(container.resources);
    if (spec.hostNetwork) defaultHostPorts(container);
  }
  defaultPodRequests(spec);
}

export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec);
}

function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  spec.serviceAccountName ||= spec.serviceAccount ?? '';
  // Two names for one field, kept alike; neither is written where there is no value.
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else delete spec.serviceAccountName;
  const containers = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...((spec.ephemeralContainers ?? []) as Container[]),
  ];
  for (const container of containers) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

function defaultContainer(container: Container): void {
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? '');
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  roundResources(container.resources);
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) defaultVariable(variable);
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    defaultProbe(container[name]);
  }
  for (const name of ['postStart', 'preStop'] as const) {
    defaultHandler(container.lifecycle?.[name]);
  }
}

function defaultVariable({ valueFrom }: EnvVar): void {
  if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
}

function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  defaultHandler(probe);
}

function defaultHandler(handler: Lifecycle['preStop']): void {
  if (!handler?.httpGet) return;
  handler.httpGet.path ||= '/';
  handler.httpGet.scheme ||= 'HTTP';
}

/** A limit without a request is also the request. */
function defaultRequests(resources: ResourceRequirements | undefined): void {
  if (!resources?.limits) return;
  resources.requests = copyEntries([
    ...Object.entries(resources.limits),
    ...Object.entries(resources.requests ?? {}),
  ]);
}

/** Of the whole pod: what its containers request together, else its own limits. */
function defaultPodRequests(spec: PodSpec): void {
  const { resources } = spec;
  if (!resources?.limits || Object.keys(resources.limits).length === 0) return;
  const isOfPods = ([name]: readonly [string, string]) => name === 'cpu' || name === 'memory';
  resources.requests = copyEntries([
    ...Object.entries(resources.limits),
    ...[...aggregateRequests(spec)].filter(isOfPods),
    ...Object.entries(resources.requests ?? {}),
  ]);
}

/** Thousandths are the finest that the API keeps of a resource. */
function roundResources({ limits, requests }: ResourceRequirements): void {
  for (const list of [limits, requests]) {
    for (const [name, amount] of Object.entries(list ?? {})) {
      if (list && /[nu]$/.test(amount)) list[name] = `${quantityMilli(amount)}m`;
    }
  }
}

/** On the node's network, a container's port is the node's. */
function defaultHostPorts({ ports = [] }: Container): void {
  for (const port of ports) port.hostPort ||= port.containerPort;
}
