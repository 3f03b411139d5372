import { optionalText } from '../../base/config.ts';
import { UsageError } from '../../base/errors.ts';
import {
  describeSealed,
  type Entry,
  etcdFlags,
  etcdOptionsOf,
  readEtcd,
  readFile,
  readVault,
} from '../../store/index.ts';
import { defineCommand } from '../command.ts';
import { instanceFlags, instanceOf } from '../instance.ts';

/** Looks into the state of an instance or of an etcd, also while a server has it open. */
export const etcd = defineCommand({
  usage: 'ls [PREFIX] | get KEY [flags]',
  flags: {
    ...instanceFlags,
    ...etcdFlags,
    'encryption-provider-config': optionalText('get: show also what is encrypted.', 'FILE'),
  },
  async run({ encryptionProviderConfig, ...config }, [verb = '', subject, ...rest], { print }) {
    if (rest.length > 0) throw new UsageError(`unexpected: ${rest.join(' ')}`);
    if (verb !== 'ls' && verb !== 'get') throw new UsageError('one of ls, get is needed');
    if (verb === 'get' && !subject) throw new UsageError('get needs a key');
    const state =
      config.etcdServers.length > 0
        ? await readEtcd(etcdOptionsOf(config))
        : await readFile(instanceOf(config).stateFile);
    try {
      if (verb === 'ls') {
        for await (const { key } of state.entries(subject ?? '/registry')) print(key);
        return 0;
      }
      const entry = await state.get(subject!);
      if (!entry) throw new Error(`no such key: ${subject}`);
      print(await showValue(entry, encryptionProviderConfig));
      return 0;
    } finally {
      await state.close();
    }
  },
});

/** As JSON over several lines; what is encrypted only for who has the keys. */
async function showValue({ key, value }: Entry, configFile: string | undefined): Promise<string> {
  const sealed = await describeSealed(value);
  if (sealed && configFile === undefined) {
    throw new Error(
      `${key} is encrypted by ${sealed} (${value.byteLength} bytes): ` +
        '--encryption-provider-config=FILE shows it',
    );
  }
  const opened = sealed ? (await readVault(configFile)).open(key, value).value : value;
  const text = Buffer.from(opened).toString();
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
