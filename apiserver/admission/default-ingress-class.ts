/** An Ingress without a class gets the one that is marked as the default. */
import { ingressClasses } from '../../api/resources/ingress-class.ts';
import type { Ingress, IngressClass } from '../../api/types/networking-v1.generated.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { newestDefault } from './newest-default.ts';
import { isFor } from './refusal.ts';

export function createDefaultIngressClass({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    mutate(request) {
      if (request.operation !== 'CREATE' || !isFor(request, 'networking.k8s.io', 'ingresses')) {
        return undefined;
      }
      const ingress = request.object as Ingress;
      const { annotations } = ingress.metadata ?? {};
      if (ingress.spec?.ingressClassName !== undefined) return undefined;
      if (Object.hasOwn(annotations ?? {}, 'kubernetes.io/ingress.class')) return undefined;
      const name = newestDefault(reader.list(ingressClasses), isMarked);
      if (name) ingress.spec = { ...ingress.spec, ingressClassName: name };
      return undefined;
    },
  };
}

const isMarked = ({ metadata }: IngressClass) =>
  metadata?.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
