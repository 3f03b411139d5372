import type { StatusCause } from '../../base/errors.ts';
import { parseBlock } from '../addresses.ts';
import { isLabelValue, isQualifiedName } from '../names.ts';
import type { Node, NodeSpec, Taint } from '../types/core-v1.generated.ts';
import { checkBlock } from './addresses.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
} from './cause.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';
import { checkAmounts } from './pod-resources.ts';
import { isSame } from './same.ts';

export function validateNode(node: Node, old: Node | undefined): StatusCause[] {
  const { spec = {}, status } = node;
  const { taints = [] } = spec;
  return [
    ...validateMetadata(node, old, clusterSubdomain),
    ...taints.flatMap((taint, index) => checkTaint(taint, `spec.taints[${index}]`)),
    ...checkUnique(taints, 'spec.taints'),
    ...checkPodBlocks(spec.podCIDRs ?? [], 'spec.podCIDRs'),
    ...checkAmounts(status?.capacity, 'status.capacity'),
    ...checkAmounts(status?.allocatable, 'status.allocatable'),
    ...(old ? checkAddresses(node) : []),
    ...(old ? checkUpdate(spec, old.spec ?? {}) : []),
  ];
}

function checkTaint({ key, value = '', effect }: Taint, path: string): StatusCause[] {
  return [
    ...(key
      ? problemsOf(`${path}.key`, key, isQualifiedName(key))
      : [requiredValue(`${path}.key`)]),
    ...problemsOf(`${path}.value`, value, isLabelValue(value)),
    ...(effect ? [] : [requiredValue(`${path}.effect`)]),
  ];
}

function checkUnique(taints: readonly Taint[], path: string): StatusCause[] {
  const ids = taints.map(({ key, effect }) => `${key}:${effect}`);
  return taints.flatMap((taint, index) => {
    if (ids.indexOf(ids[index]!) === index) return [];
    const cause = duplicateValue(`${path}[${index}]`, taint);
    const message = `${cause.message}: taints must be unique by key and effect pair`;
    return [{ ...cause, message }];
  });
}

/** The addresses of its pods: one block of each family. */
function checkPodBlocks(blocks: readonly string[], path: string): StatusCause[] {
  const causes = blocks.flatMap((block, index) => checkBlock(`${path}[${index}]`, block));
  const families = new Set(blocks.map((block) => parseBlock(block)?.bits));
  if (causes.length > 0 || families.size === blocks.length) return causes;
  return [invalidValue(path, blocks, 'may specify no more than one CIDR for each IP family')];
}

function checkAddresses({ status }: Node): StatusCause[] {
  const addresses = status?.addresses ?? [];
  return addresses.flatMap((address, index) =>
    addresses.slice(0, index).some((each) => isSame(each, address))
      ? [duplicateValue(`status.addresses[${index}]`, address)]
      : [],
  );
}

/** What belongs to the machine is said once; what schedulers go by may change. */
function checkUpdate(spec: NodeSpec, old: NodeSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  if (old.podCIDRs?.length && !isSame(old.podCIDRs, spec.podCIDRs)) {
    const detail = 'node updates may not change podCIDR except from "" to valid';
    causes.push(forbiddenValue('spec.podCIDRs', detail));
  }
  if (old.providerID && old.providerID !== spec.providerID) {
    const detail = 'node updates may not change providerID except from "" to valid';
    causes.push(forbiddenValue('spec.providerID', detail));
  }
  if (isSame(fixedOf(spec), fixedOf(old))) return causes;
  const detail = 'node updates may only change labels, taints, or capacity';
  return [...causes, forbiddenValue('spec', detail)];
}

/** Without what may change, or is looked at by itself. */
function fixedOf(spec: NodeSpec): Partial<NodeSpec> {
  const {
    taints: _,
    unschedulable: __,
    podCIDR: ___,
    podCIDRs: ____,
    providerID: _____,
    ...rest
  } = spec;
  return rest;
}
