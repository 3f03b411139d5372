/**
 * Secrets that ask for a token of a ServiceAccount get one that lasts as long as they do, and go
 * with their account. Upstream's controller does it; here it is where the signing key is.
 */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { configMaps, secrets, serviceAccounts } from '../../api/resources.ts';
import type { Secret } from '../../api/types/core-v1.generated.ts';
import { hasReason } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Machinery } from '../call.ts';
import { updateSelf } from '../ensure.ts';
import type { ResourceCache } from '../registry/resource-cache.ts';
import { legacyClaims, tokenSecretType } from './legacy-token.ts';

export type Sign = (claims: object) => Promise<string>;

const accountName = 'kubernetes.io/service-account.name';
const accountUid = 'kubernetes.io/service-account.uid';
const rootCa = 'kube-root-ca.crt';

/** Looks at every such Secret now, and again whenever it or its account changes. */
export function keepTokenSecrets(server: Machinery, sign: Sign, log: Logger): void {
  const cacheOf = (resource: unknown): ResourceCache =>
    server.registry.cacheOf(resource as Resource);
  const waiting = new Set<string>();
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    for (const key of waiting) {
      waiting.delete(key);
      if (server.stopping.aborted) break;
      try {
        await tend(server, key, sign);
      } catch (error) {
        // Gone, or written by somebody else, which has woken us again.
        const isNews = hasReason(error, 'NotFound') || hasReason(error, 'Conflict');
        if (!isNews && !server.stopping.aborted)
          log.error('Could not fill a Secret', error, { key });
      }
    }
    isRunning = false;
  };
  const wake = (key: string) => {
    waiting.add(key);
    if (!isRunning) void run();
  };
  const wakeAll = (prefix: string) => {
    // Few are of this type: the others are not worth being parsed.
    for (const { key, bytes } of cacheOf(secrets).list(prefix)) {
      if (bytes.includes(tokenSecretType)) wake(key);
    }
  };
  wakeAll('');
  cacheOf(secrets).listen(({ current }) => {
    if (current.bytes.includes(tokenSecretType)) wake(current.key);
  });
  const namespaceOf = (key: string) => key.slice(0, key.indexOf('/') + 1);
  cacheOf(serviceAccounts).listen(({ type, current }) => {
    if (type === 'DELETED') wakeAll(namespaceOf(current.key));
  });
  cacheOf(configMaps).listen(({ current }) => {
    if (current.key.endsWith(`/${rootCa}`)) wakeAll(namespaceOf(current.key));
  });
}

async function tend(server: Machinery, key: string, sign: Sign): Promise<void> {
  const { registry } = server;
  const generic = secrets as unknown as Resource<KubeObject>;
  const stored = registry.cacheOf(generic).get(key);
  const secret = stored?.object as Secret | undefined;
  if (!stored || secret?.type !== tokenSecretType || secret.metadata?.deletionTimestamp) return;
  const { name = '', namespace = '', annotations = {} } = secret.metadata ?? {};
  const account = registry.get(serviceAccounts, annotations[accountName] ?? '', namespace);
  const uid = account?.metadata?.uid;
  if (!uid || (annotations[accountUid] && annotations[accountUid] !== uid)) {
    await registry.remove(generic, stored);
    return;
  }
  const ca = registry.get(configMaps, rootCa, namespace)?.data?.['ca.crt'];
  const of = { namespace, secret: name, name: account.metadata!.name!, uid };
  const token = secret.data?.token ? undefined : await sign(legacyClaims(of));
  await updateSelf(server, secrets, { name, namespace }, (draft) => {
    draft.metadata!.annotations = { ...draft.metadata!.annotations, [accountUid]: uid };
    draft.data = {
      ...draft.data,
      ...(token && !draft.data?.token && { token: encode(token) }),
      ...(ca && !draft.data?.['ca.crt'] && { 'ca.crt': encode(ca) }),
      ...(!draft.data?.namespace && { namespace: encode(namespace) }),
    };
  });
}

const encode = (text: string) => Buffer.from(text).toString('base64');
