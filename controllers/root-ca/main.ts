/** Every namespace has the certificate by which pods know the API server. */
import { configMaps, namespaces } from '../../api/resources.ts';
import { type Controller, watching } from '../controller.ts';
import { ensureInNamespaces } from '../ensure.ts';
import { configMapName, planRootCa } from './plan.ts';

export const rootCaController: Controller = {
  name: 'root-ca-certificate-publisher-controller',
  watches: watching(namespaces, configMaps),
  start(context) {
    const { rootCa } = context.config;
    if (rootCa === '') {
      context.log.info('Publishes no root certificate, as none was given');
      return;
    }
    ensureInNamespaces(context, {
      controller: 'root-ca',
      resource: configMaps,
      name: configMapName,
      plan: (namespace, known) => planRootCa(rootCa, namespace, known),
    });
  },
};
