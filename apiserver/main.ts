/** The API server: flags, and everything that `assemble` is put together from. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { allResources } from '../api/resources.ts';
import type { Clock } from '../base/clock.ts';
import { type ConfigOf, type FlagTable, list, optionalText, port, text } from '../base/config.ts';
import { UsageError } from '../base/errors.ts';
import { hardenIntrinsics } from '../base/intrinsics.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Store } from '../store/store.ts';
import { createAdmission } from './admission/admit.ts';
import { readAdmissionConfig } from './admission/config.ts';
import { createMakeObject } from './admission/make-object.ts';
import { createServiceNetwork, firstAddress } from './admission/services/network.ts';
import { assemble, type Gates } from './assemble.ts';
import { createIdentity, identityFlags } from './authentication/identity.ts';
import { createAuthorization, forbiddenError } from './authorization/authorize.ts';
import { createEscalationCheck } from './authorization/escalation.ts';
import { followIn } from './authorization/follow.ts';
import { type ConnectorOptions, createConnectors } from './connect/connect.ts';
import { openStore, storeFlags } from './open-store.ts';
import type { Registry } from './registry/registry.ts';
import { createReviews } from './reviews/reviews.ts';

export const flags = {
  'bind-address': list('Where to listen; several addresses are several sockets.', ['127.0.0.1']),
  'secure-port': port('The port of the API.', 6443),
  'advertise-address': optionalText('The address in the Service default/kubernetes.', 'ADDRESS'),
  ...storeFlags,
  'tls-cert-file': text("The server's certificate.", '/var/lib/wherry/pki/apiserver.crt', 'FILE'),
  'tls-private-key-file': text("The server's key.", '/var/lib/wherry/pki/apiserver.key', 'FILE'),
  ...identityFlags,
  'service-cluster-ip-range': text(
    'Addresses of Services: a block, or one of each family.',
    '10.43.0.0/16',
    'CIDR[,CIDR]',
  ),
  'service-node-port-range': text('Node ports of Services.', '30000-32767', 'RANGE'),
  'enable-admission-plugins': list('Admission plugins beside those that are on by default.'),
  'disable-admission-plugins': list('Admission plugins to leave out.'),
  'admission-control-config-file': optionalText('What admission plugins are set up with.', 'FILE'),
  'kubelet-client-certificate': optionalText('Shown to the agents.', 'FILE'),
  'kubelet-client-key': optionalText('The key of that certificate.', 'FILE'),
  'kubelet-certificate-authority': optionalText("Who signs the agents' certificates.", 'FILE'),
} satisfies FlagTable;

export type Config = ConfigOf<typeof flags>;

export interface Deps {
  readonly log: Logger;
  readonly clock: Clock;
}

/** @throws Error when a file cannot be read or an address not be listened on */
export async function start(
  config: Config,
  { log, clock }: Deps,
): Promise<Running & { readonly port: number }> {
  hardenIntrinsics();
  let hasFailed = false;
  const onFatal = (error: Error) => {
    if (hasFailed) return; // We closed it ourselves, and say why in a moment.
    // What is on the disk is unknown now: whoever asks must not get an answer any more.
    log.error('Lost the store', error);
    process.exit(1);
  };
  const listenOptions = {
    addresses: config.bindAddress,
    port: config.securePort,
    certificate: readFileSync(config.tlsCertFile),
    key: readFileSync(config.tlsPrivateKeyFile),
    clientCa: read(config.clientCaFile),
  };
  const store = await openStore(config, { log, onFatal });
  try {
    return await assemble({
      store,
      isShared: config.etcdServers.length > 0,
      resources: allResources,
      listen: listenOptions,
      advertiseAddress: config.advertiseAddress ?? findAddress(config.bindAddress),
      serviceAddress: firstAddress(config.serviceClusterIpRange),
      gates: (registry) => makeGates(config, { clock, log, store }, registry),
      openId: { issuer: config.serviceAccountIssuer, keys: config.serviceAccountKeyFile },
      log,
      clock,
      onFatal,
    });
  } catch (error) {
    hasFailed = true;
    await store.close();
    throw error;
  }
}

async function makeGates(
  config: Config,
  { clock, log, store }: Deps & { readonly store: Store },
  reader: Registry,
): Promise<Gates> {
  const identity = createIdentity(config, { reader, now: () => clock.now() });
  const { issueToken, signToken } = identity;
  const { serviceClusterIpRange: serviceCidr, serviceNodePortRange: nodePortRange } = config;
  const network = createServiceNetwork({
    registry: reader,
    store,
    clock,
    log,
    serviceCidr,
    nodePortRange,
  });
  const authorization = createAuthorization({ reader, follow: followIn(reader) });
  const { authorize } = authorization;
  return {
    authenticate: identity.authenticate,
    ...(signToken && { signToken }),
    authorize,
    refuse: forbiddenError,
    admission: createAdmission({
      reader,
      registry: reader,
      clock,
      makeObject: createMakeObject(reader, clock),
      configs: readAdmissionConfig(config.admissionControlConfigFile),
      authorize,
      checks: [createEscalationCheck(authorization)],
      allocator: network.allocator,
      enabled: config.enableAdmissionPlugins,
      disabled: config.disableAdmissionPlugins,
    }),
    start: (signal) => network.start(signal),
    connectors: connectorsOf(config, { reader, authorize }),
    makers: new Map([
      ...createReviews({ authorization, ...identity }),
      ...(issueToken ? [['serviceaccounts/token', issueToken] as const] : []),
    ]),
  };
}

/** None without the certificate that agents know this server by. */
function connectorsOf(
  config: Config,
  deps: Pick<ConnectorOptions, 'reader' | 'authorize'>,
): Gates['connectors'] {
  const cert = read(config.kubeletClientCertificate);
  const key = read(config.kubeletClientKey);
  const ca = read(config.kubeletCertificateAuthority);
  if (!cert || !key || !ca) return new Map();
  return createConnectors({ ...deps, kubeletClient: { cert, key, ca } });
}

const read = (file: string | undefined): Buffer | undefined =>
  file === undefined ? undefined : readFileSync(file);

function findAddress(bound: readonly string[]): string {
  const isWide = (address: string) => address === '0.0.0.0' || address === '::';
  const own = bound.find((address) => !isWide(address) && !address.startsWith('127.'));
  if (own) return own;
  if (!bound.some(isWide)) return bound[0] ?? '127.0.0.1';
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new UsageError('--advertise-address is needed: this machine has no address');
  return found.address;
}
