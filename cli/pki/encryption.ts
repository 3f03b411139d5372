/** What an instance encrypts its Secrets with: a key of its own, made with its first start. */
import { randomBytes } from 'node:crypto';
import { ensurePrivateDirectory, readIfThere, writeFiles } from './files.ts';

export const encryptionFile = (pkiDir: string): string => `${pkiDir}/encryption.yaml`;

/** Leaves alone what is there: the state can be read only with the keys that it was written with. */
export async function ensureEncryptionConfig(pkiDir: string): Promise<void> {
  const path = encryptionFile(pkiDir);
  if (readIfThere(path) !== undefined) return;
  ensurePrivateDirectory(pkiDir);
  const text = renderConfig(randomBytes(32).toString('base64'));
  await writeFiles([{ path, text, mode: 0o600 }]);
}

/** To change the key: put a new one first, start again, then take the old one out. */
const renderConfig = (secret: string) => `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: ${secret}
      - identity: {}
`;
