/** Certificates, and a kubeconfig for the administrator and for each component. */
import { addressAt } from '../network.ts';
import { ensurePki } from '../pki/apply.ts';
import { ensureEncryptionConfig } from '../pki/encryption.ts';
import { writeKubeconfig } from '../pki/kubeconfig.ts';
import type { ClusterSettings } from './plan.ts';

const users = [
  'admin',
  'controller-manager',
  'scheduler',
  'agent',
  'network-policy',
  'proxy',
  'dns',
] as const;

export async function writeCredentials(settings: ClusterSettings): Promise<void> {
  const { instance, nodeName, nodeIp, serviceCidr, clusterDomain, apiPort } = settings;
  const { pkiDir, root, name } = instance;
  await ensurePki({
    dir: pkiDir,
    nodeName,
    nodeAddresses: [nodeIp],
    serviceCidrFirstAddress: addressAt(serviceCidr, 1),
    domain: clusterDomain,
    now: Date.now,
  });
  await ensureEncryptionConfig(pkiDir);
  for (const user of users) {
    await writeKubeconfig({
      path: `${root}/${user}.kubeconfig`,
      server: `https://127.0.0.1:${apiPort}`,
      caFile: `${pkiDir}/ca.crt`,
      certFile: `${pkiDir}/${user}.crt`,
      keyFile: `${pkiDir}/${user}.key`,
      user,
      cluster: name,
    });
  }
}
