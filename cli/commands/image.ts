import { importImage, listImages, removeImage } from '../../agent/images/index.ts';
import { optionalText, toggle } from '../../base/config.ts';
import { UsageError } from '../../base/errors.ts';
import { baseImageName, buildBaseImage } from '../base-image.ts';
import { defineCommand } from '../command.ts';
import { instanceFlags, instanceOf } from '../instance.ts';

export const image = defineCommand({
  usage: 'import FILE | list | remove NAME | build-base [flags]',
  flags: {
    ...instanceFlags,
    tag: optionalText('import, build-base: the name to give it.', 'NAME'),
    json: toggle('list: print JSON.'),
  },
  async run({ tag, json, ...config }, [verb = '', ...names], { print }) {
    const { root } = instanceOf(config);
    const [subject = ''] = names;
    switch (verb) {
      case 'import': {
        if (!subject)
          throw new UsageError('import needs a file: an OCI layout or a docker archive');
        const options = {
          root,
          path: subject,
          now: Date.now,
          ...(tag !== undefined && { name: tag }),
        };
        const { images, warnings } = await importImage(options);
        for (const { name, id } of images) print(`${name} ${id}`);
        for (const warning of warnings) print(`warning: ${warning}`);
        return 0;
      }
      case 'list': {
        const images = await listImages(root);
        if (json) print(JSON.stringify(images, undefined, 2));
        for (const { name, id, sizeBytes } of json ? [] : images) {
          print(`${name.padEnd(48)} ${id.slice(7, 19)} ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`);
        }
        return 0;
      }
      case 'remove': {
        if (!subject) throw new UsageError('remove needs a name');
        if (!(await removeImage(root, subject))) throw new Error(`no such image: ${subject}`);
        print(`removed ${subject}`);
        return 0;
      }
      case 'build-base': {
        await buildBaseImage(root, tag);
        print(tag ?? baseImageName);
        return 0;
      }
      case 'pull':
        throw new UsageError('pulling is not there yet: import an OCI layout or a docker archive');
      default:
        throw new UsageError('one of import, list, remove, build-base is needed');
    }
  },
});
