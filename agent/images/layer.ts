/**
 * Unpacks one layer (a tar stream) into a directory of its own. The bytes are hostile: no entry
 * may land outside, nothing follows a symbolic link, size and number are bounded.
 *
 * The directory is private to us (0700, in the store's tmp), so what we have just checked cannot
 * be exchanged under our hands.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import tar from 'tar-stream';
import { hasCode } from '../../base/errors.ts';
import { hideLower, makeWhiteout } from './whiteout.ts';

export interface LayerLimits {
  readonly bytesMax: number;
  readonly entriesMax: number;
}

export interface UnpackOptions {
  readonly dir: string;
  /** Unpacked layers below this one, top first: what whiteouts hide. */
  readonly lowerDirs: readonly string[];
  readonly limits?: LayerLimits;
}

export interface Unpacked {
  readonly sizeBytes: number;
  /** What could not be kept, for the user to know: devices, file capabilities. */
  readonly warnings: readonly string[];
}

export async function unpackLayer(stream: Readable, options: UnpackOptions): Promise<Unpacked> {
  const layer = new Layer(options);
  const extract = tar.extract();
  const done = pipeline(stream, extract);
  done.catch(() => {}); // Awaited below; until then it must not count as unhandled.
  try {
    for await (const entry of extract) {
      await layer.add(entry.header, entry as AsyncIterable<Uint8Array>);
      entry.resume(); // Whatever was not read: the next entry waits for it.
    }
  } catch (error) {
    // The entry only knows that its stream was destroyed; the archive's error says why.
    if (hasCode(error, 'STREAM_DESTROYED')) await done;
    throw error;
  }
  await done;
  return layer.finish();
}

class Layer {
  readonly #options: UnpackOptions;
  /** Directories (relative) known to be real ones, so that each is looked at once. */
  #checked = new Set<string>(['']);
  readonly #opaque = new Set<string>();
  readonly #times = new Map<string, Date>(); // Of directories: set last, each new entry changes them.
  readonly #warnings: string[] = [];
  #sizeBytes = 0;
  #entries = 0;

  constructor(options: UnpackOptions) {
    this.#options = options;
  }

  async add(header: tar.Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { bytesMax, entriesMax } = this.#options.limits ?? limitsDefault;
    this.#entries += 1;
    this.#sizeBytes += header.size ?? 0;
    if (this.#entries > entriesMax) throw new Error(`the layer has over ${entriesMax} entries`);
    if (this.#sizeBytes > bytesMax) throw new Error(`the layer has over ${bytesMax} bytes`);
    const path = cleanPath(header.name);
    const whiteout = /^(.*\/)?\.wh\.([^/]*)$/.exec(path);
    if (whiteout) await this.#hide(whiteout[1]?.slice(0, -1) ?? '', whiteout[2]!);
    else if (path !== '') await this.#write(path, header, content);
  }

  async finish(): Promise<Unpacked> {
    for (const dir of this.#opaque) await hideLower(this.#options, dir);
    for (const [path, time] of this.#times) {
      await fs.utimes(join(this.#options.dir, path), time, time).catch(ignoreMissing);
    }
    return { sizeBytes: this.#sizeBytes, warnings: this.#warnings };
  }

  async #hide(parent: string, name: string): Promise<void> {
    if (this.#options.lowerDirs.length === 0) return;
    await this.#enter(parent);
    if (name === '.wh..opq') this.#opaque.add(parent);
    else if (name.startsWith('.wh.'))
      return; // Bookkeeping of aufs.
    else if (name === '' || name === '.' || name === '..') {
      throw new Error(`whiteout with the name ${JSON.stringify(name)}`);
    } else await makeWhiteout(this.#options.dir, join(parent, name));
  }

  async #write(
    path: string,
    header: tar.Header,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const target = join(this.#options.dir, path);
    await this.#enter(parentOf(path));
    if (Object.keys(header.pax ?? {}).some((key) => key.includes('xattr'))) {
      this.#warnings.push(`${path}: extended attributes (file capabilities) were dropped`);
    }
    if (header.type === 'directory') await this.#makeDirectory(path, target);
    else await this.#replace(path, target);
    if (header.type === 'link') return this.#link(header, target);
    if (header.type === 'symlink') await fs.symlink(header.linkname ?? '', target);
    else if (header.type === 'fifo') await promisify(execFile)('mkfifo', ['--', target]);
    else if (header.type === 'file' || header.type === 'contiguous-file') {
      // Not pipeline(): it never ends when the archive broke off before it began.
      await fs.writeFile(target, content, { flag: 'wx', mode: 0o600 });
    } else if (header.type !== 'directory') {
      // A device in an image would open the node's disks where no device cgroup guards them.
      this.#warnings.push(`${path}: ${header.type ?? 'entry'} was left out`);
      return;
    }
    await this.#setMetadata(path, header);
  }

  async #makeDirectory(path: string, target: string): Promise<void> {
    const existing = await fs.lstat(target).catch(ignoreMissing);
    if (existing?.isDirectory()) return;
    if (existing) await this.#replace(path, target);
    await fs.mkdir(target, { mode: 0o755 });
    this.#checked.add(path);
  }

  async #link(header: tar.Header, target: string): Promise<void> {
    const source = cleanPath(header.linkname ?? '');
    await this.#enter(parentOf(source));
    // link(2) does not follow the last component either, so a linked symlink stays one.
    await fs.link(join(this.#options.dir, source), target);
  }

  async #setMetadata(path: string, header: tar.Header): Promise<void> {
    const target = join(this.#options.dir, path);
    await fs.lchown(target, header.uid ?? 0, header.gid ?? 0);
    const time = header.mtime ?? new Date(0);
    if (header.type === 'symlink') return fs.lutimes(target, time, time);
    await fs.chmod(target, (header.mode ?? 0o644) & 0o7777); // After chown, which clears setuid.
    if (header.type === 'directory') this.#times.set(path, time);
    else await fs.utimes(target, time, time);
  }

  async #replace(path: string, target: string): Promise<void> {
    const existing = await fs.lstat(target).catch(ignoreMissing);
    if (!existing) return;
    if (existing.isDirectory()) this.#checked = new Set(['']);
    this.#times.delete(path);
    await fs.rm(target, { recursive: true });
  }

  /** Makes the parents of an entry, and refuses any that is not a directory. */
  async #enter(dir: string): Promise<void> {
    if (this.#checked.has(dir)) return;
    await this.#enter(parentOf(dir));
    const target = join(this.#options.dir, dir);
    const existing = await fs.lstat(target).catch(ignoreMissing);
    if (!existing) await fs.mkdir(target, { mode: 0o755 });
    else if (!existing.isDirectory()) throw new Error(`an entry lies below ${dir}, no directory`);
    this.#checked.add(dir);
  }
}

/** Relative, without `.`; an image has no business with `..` or NUL. */
function cleanPath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0') || name.length > 4096) {
    throw new Error(`entry with the unsafe path ${JSON.stringify(name.slice(0, 200))}`);
  }
  return parts.join('/');
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

function ignoreMissing(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined;
  throw error;
}

const limitsDefault: LayerLimits = { bytesMax: 32 * 2 ** 30, entriesMax: 2_000_000 };
