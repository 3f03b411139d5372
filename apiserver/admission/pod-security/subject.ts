/** What is checked: a pod, or the template of one. Pure. */

import { containersOf } from '../../../api/pod-containers.ts';
import type { Container, PodSpec } from '../../../api/types/core-v1.generated.ts';

export interface Subject {
  readonly annotations: ReadonlyMap<string, string>;
  readonly spec: PodSpec;
  readonly containers: readonly Container[];
}

/** Why a pod is not allowed: a short reason, and what exactly. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export type Check = (subject: Subject) => Violation | undefined;

export const subjectOf = (
  metadata: { readonly annotations?: Readonly<Record<string, string>> } | undefined,
  spec: PodSpec,
): Subject => ({
  annotations: new Map(Object.entries(metadata?.annotations ?? {})),
  spec,
  containers: containersOf(spec).map(({ container }) => container),
});

/** The names of the containers that are so. */
export const namesOf = (
  { containers }: Subject,
  isSo: (container: Container) => boolean,
): string[] => containers.filter(isSo).map(({ name }) => name);

/** In a user namespace, root of the container is nobody on the node (KEP-127). */
export const hasUserNamespace = ({ spec }: Subject): boolean => spec.hostUsers === false;

export const isWindows = ({ spec }: Subject): boolean => spec.os?.name === 'windows';
