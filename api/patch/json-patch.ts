/**
 * JSON patch, RFC 6902. Our own, since keys come from users: the library in the field follows
 * `constructor` and `__proto__` into JavaScript's prototypes, and lets `copy` grow without end.
 */

import { StatusError } from '../../base/errors.ts';
import { isPlainObject, setOwn } from '../own.ts';
import { badPatch, checkDepth, unfitPatch } from './patch-error.ts';

const operationsMax = 10_000;
const copiedBytesMax = 3 * 1024 * 1024; // Together, by all copies of one patch.

/**
 * Changes `target` and returns it, or what stands in its place.
 * @throws StatusError BadRequest, Invalid or RequestEntityTooLarge
 */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badPatch('error decoding patch: a JSON patch is a list');
  if (patch.length > operationsMax) {
    const why =
      `The allowed maximum operations in a JSON patch is ${operationsMax}, ` +
      `got ${patch.length}`;
    throw new StatusError('RequestEntityTooLarge', why);
  }
  const document: Document = { root: target, copiedBytes: 0 };
  for (const each of patch) {
    const operation = readOperation(each);
    operations[operation.op](document, operation);
  }
  return document.root;
}

interface Document {
  root: unknown;
  copiedBytes: number;
}

interface Operation {
  readonly op: keyof typeof operations;
  readonly path: readonly string[];
  readonly from: readonly string[];
  readonly value: unknown;
}

const operations = {
  add: (document: Document, { path, value }: Operation) => {
    put(document, path, structuredClone(value));
  },
  remove: (document: Document, { path }: Operation) => {
    take(document, path);
  },
  replace: (document: Document, { path, value }: Operation) => {
    find(document, path);
    if (path.length === 0) document.root = structuredClone(value);
    else {
      const { parent, key } = parentOf(document, path);
      if (Array.isArray(parent)) parent[Number(key)] = structuredClone(value);
      else setOwn(parent, key, structuredClone(value));
    }
  },
  move: (document: Document, { path, from }: Operation) => {
    const isInside = path.length > from.length && from.every((token, i) => token === path[i]);
    if (isInside) throw unfitPatch(`cannot move ${show(from)} into itself`);
    put(document, path, take(document, from));
  },
  copy: (document: Document, { path, from }: Operation) => {
    const value = structuredClone(find(document, from));
    document.copiedBytes += (JSON.stringify(value) ?? '').length;
    if (document.copiedBytes > copiedBytesMax) {
      throw new StatusError('RequestEntityTooLarge', 'the copies of the patch are too large');
    }
    put(document, path, value);
  },
  test: (document: Document, { path, value }: Operation) => {
    if (!isEqual(find(document, path), value)) {
      throw unfitPatch(`testing value ${show(path)} failed`);
    }
  },
};

function readOperation(operation: unknown): Operation {
  if (!isPlainObject(operation)) throw badPatch('error decoding patch: an operation is an object');
  const { op } = operation;
  if (typeof op !== 'string' || !Object.hasOwn(operations, op)) {
    throw badPatch(`Unexpected kind: ${String(op)}`);
  }
  const isMoving = op === 'move' || op === 'copy';
  const isValued = op === 'add' || op === 'replace' || op === 'test';
  if (isValued && !Object.hasOwn(operation, 'value')) {
    throw badPatch(`${op} operation must have a value`);
  }
  return {
    op: op as keyof typeof operations,
    path: readPointer(operation.path),
    from: isMoving ? readPointer(operation.from) : [],
    value: operation.value,
  };
}

function readPointer(pointer: unknown): string[] {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) {
    throw badPatch(`error decoding patch: ${JSON.stringify(pointer)} is no JSON pointer`);
  }
  const tokens = pointer.split('/').slice(1);
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a path that must exist. */
function find(document: Document, path: readonly string[]): unknown {
  let value = document.root;
  for (const token of path) {
    if (Array.isArray(value)) value = value[indexOf(token, value.length - 1, path)];
    else if (isPlainObject(value) && Object.hasOwn(value, token)) value = value[token];
    else throw missing(path);
  }
  return value;
}

function parentOf(document: Document, path: readonly string[]) {
  const parent = find(document, path.slice(0, -1));
  if (!Array.isArray(parent) && !isPlainObject(parent)) throw missing(path);
  return { parent, key: path.at(-1)! };
}

function put(document: Document, path: readonly string[], value: unknown): void {
  checkDepth(path.length);
  if (path.length === 0) {
    document.root = value;
    return;
  }
  const { parent, key } = parentOf(document, path);
  if (!Array.isArray(parent)) setOwn(parent, key, value);
  else parent.splice(key === '-' ? parent.length : indexOf(key, parent.length, path), 0, value);
}

function take(document: Document, path: readonly string[]): unknown {
  const value = find(document, path);
  if (path.length === 0) throw unfitPatch('cannot remove the whole document');
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return value;
}

function indexOf(token: string, max: number, path: readonly string[]): number {
  if (!/^(0|[1-9]\d{0,9})$/.test(token) || Number(token) > max) throw missing(path);
  return Number(token);
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => isEqual(each, b[index]));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}

const show = (path: readonly string[]) => `/${path.join('/')}`;
const missing = (path: readonly string[]) =>
  unfitPatch(`the path ${show(path)} is not in the object`);
