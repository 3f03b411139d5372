/** Every namespace has a ServiceAccount `default`, for pods that name none. */
import { namespaces, serviceAccounts } from '../../api/resources.ts';
import { type Controller, watching } from '../controller.ts';
import { ensureInNamespaces } from '../ensure.ts';
import { planServiceAccount } from './plan.ts';

export const serviceAccountController: Controller = {
  name: 'serviceaccount-controller',
  watches: watching(namespaces, serviceAccounts),
  start: (context) =>
    ensureInNamespaces(context, {
      controller: 'serviceaccount',
      resource: serviceAccounts,
      name: 'default',
      plan: planServiceAccount,
    }),
};
