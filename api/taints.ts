/** Taints of nodes and tolerations of pods. */
import type { Taint, Toleration } from './types/core-v1.generated.ts';

/** An empty effect tolerates all effects; an empty key with Exists tolerates everything. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', operator = '', effect = '', value = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  if (operator === 'Gt' || operator === 'Lt') return compares(operator, taint.value, value);
  return key !== '' && value === (taint.value ?? '');
}

export const isTolerated = (tolerations: readonly Toleration[] | undefined, taint: Taint) =>
  (tolerations ?? []).some((toleration) => tolerates(toleration, taint));

/** `{key=value: }`-like text of upstream's messages: `{node.kubernetes.io/unreachable: }`. */
export const describeTaint = ({ key, value = '' }: Taint): string => `{${key}: ${value}}`;

function compares(operator: 'Gt' | 'Lt', have: string | undefined, want: string): boolean {
  const [left, right] = [Number(have), Number(want)];
  if (!/^-?\d+$/.test(have ?? '') || !/^-?\d+$/.test(want)) return false;
  return operator === 'Gt' ? left > right : left < right;
}
