import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { list, optionalText, text } from '../../base/config.ts';
import { hasCode, UsageError } from '../../base/errors.ts';
import { parseKubeconfig } from '../../client/kubeconfig.ts';
import { defineCommand } from '../command.ts';
import { type Instance, instanceFlags, instanceOf } from '../instance.ts';
import { pkiPaths } from '../pki/apply.ts';
import { issueKubeconfig } from '../pki/kubeconfig.ts';

export const kubeconfig = defineCommand({
  flags: {
    ...instanceFlags,
    user: optionalText("The user's name; absent: the administrator's kubeconfig is printed.", 'U'),
    group: list('With --user: the groups that the user is in.', [], 'G,…'),
    namespace: text('With --user: the namespace that commands go to.', 'default', 'NAMESPACE'),
  },
  async run({ user, group, namespace, ...config }, _, { print }) {
    const instance = instanceOf(config);
    const admin = readAdmin(instance);
    if (user === undefined) {
      if (group.length > 0) throw new UsageError('--group needs --user');
      print(admin.trimEnd());
      return 0;
    }
    const issued = await issueKubeconfig({
      pki: pkiPaths(instance.pkiDir),
      server: parseKubeconfig(load(admin)).server,
      cluster: instance.name,
      user,
      groups: group,
      namespace,
      now: Date.now,
    });
    print(issued.trimEnd());
    return 0;
  },
});

function readAdmin({ adminKubeconfig, name }: Instance): string {
  try {
    return readFileSync(adminKubeconfig, 'utf8');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new Error(`instance ${name} has no credentials yet: start it first`, { cause: error });
  }
}
