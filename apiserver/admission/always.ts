/** For those who want no admission at all, or to see that there is one. */
import type { AdmissionPlugin } from '../request.ts';
import { forbidden } from './refusal.ts';

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit' };

export const alwaysDeny: AdmissionPlugin = {
  name: 'AlwaysDeny',
  validate(request) {
    throw forbidden(request, 'admission control is denying all modifications');
  },
};
