/** External IPs let whoever may write a Service catch others' traffic (CVE-2020-8554). */
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin } from '../request.ts';
import { forbidden, isFor } from './refusal.ts';

export const denyServiceExternalIps: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  validate(request) {
    if (!request.object || !isFor(request, '', 'services')) return undefined;
    const before = new Set(addressesOf(request.old as Service | undefined));
    // What is there already may stay, or the Service could not be changed at all.
    const isNew = addressesOf(request.object as Service).some((each) => !before.has(each));
    if (isNew) throw forbidden(request, 'Use of external IPs is denied by admission control');
    return undefined;
  },
};

const addressesOf = (service: Service | undefined): readonly string[] =>
  service?.spec?.externalIPs ?? [];
