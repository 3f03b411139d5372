import type { ConfigMap } from '../../api/types/core-v1.generated.ts';

export const configMapName = 'kube-root-ca.crt';

/** Undefined when it says exactly this; what others wrote into it is written over. */
export function planRootCa(
  rootCa: string,
  namespace: string,
  known: ConfigMap | undefined,
): ConfigMap | undefined {
  const data = { 'ca.crt': rootCa };
  if (known?.data?.['ca.crt'] === rootCa && Object.keys(known.data).length === 1) return undefined;
  if (known) return { ...known, data };
  const annotations = {
    'kubernetes.io/description':
      'Contains a CA bundle that can be used to verify the kube-apiserver when using internal ' +
      'endpoints such as the internal service IP or kubernetes.default.svc.',
  };
  return { metadata: { name: configMapName, namespace, annotations }, data };
}
