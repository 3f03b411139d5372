/** The image that demos and tests run, made from the machine's own static busybox: never pulled. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { buildImage, type ImageFile, listImages } from '../agent/images/index.ts';
import { hasCode } from '../base/errors.ts';
import type { Instance } from './instance.ts';

export const baseImageName = 'localhost/wherry/busybox:1';
const busybox = '/bin/busybox';

/** Does nothing when it is there already. @throws when busybox is not installed */
export async function ensureBaseImage({ root }: Instance): Promise<void> {
  const images = await listImages(root);
  if (!images.some(({ name }) => name === baseImageName)) await buildBaseImage(root);
}

export async function buildBaseImage(root: string, name = baseImageName): Promise<void> {
  await buildImage({
    root,
    name,
    files: baseFiles(),
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['sh'],
      WorkingDir: '/',
    },
    now: Date.now,
  });
}

function baseFiles(): ImageFile[] {
  return [
    { path: 'bin/busybox', mode: 0o755, content: readBusybox() },
    ...applets().map((name) => ({ path: `bin/${name}`, symlinkTo: 'busybox' })),
    ...['etc', 'root', 'proc', 'sys', 'dev', 'var', 'usr/bin', 'home'].map((path) => ({
      path,
      isDirectory: true,
    })),
    { path: 'tmp', isDirectory: true, mode: 0o1777 },
    { path: 'etc/passwd', content: passwd },
    { path: 'etc/group', content: group },
  ];
}

const passwd = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';
const group = 'root:x:0:\nnobody:x:65534:\n';

function readBusybox(): Buffer {
  try {
    return readFileSync(busybox);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new Error(`${busybox} is not there: apt-get install busybox-static`, { cause: error });
  }
}

const applets = (): string[] =>
  execFileSync(busybox, ['--list'], { encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox');
