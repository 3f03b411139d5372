/** Answers with lists, part by part: no list is ever one text, and others get their turns. */
import { apiVersionOf } from '../../api/resource.ts';
import type { Call } from '../call.ts';
import { servedAs } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';
import type { Found } from '../verbs/list-page.ts';
import { sendBytes, sendParts } from './answer.ts';
import { columnsOf, includeOf, rowOf, toPartial } from './table.ts';
import { toYaml } from './yaml-text.ts';

const partBytes = 128 * 1024;
/** Up to here an answer is one piece, which costs less. */
const wholeBytesMax = 512 * 1024;
const wholeCountMax = 500;

export async function sendList(call: Call, found: Found, now: number): Promise<void> {
  const isYaml = call.format.encoding === 'yaml';
  const type = isYaml ? 'application/yaml' : 'application/json';
  const { items } = found;
  const shape = shapeOf(call, found, now);
  const text = isYaml ? yamlOf(shape, items.length === 0) : jsonOf(shape);
  const size = items.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const parts = partsOf(text, items);
  if (size > wholeBytesMax || items.length > wholeCountMax) return sendParts(call, type, parts);
  return sendBytes(call, 200, { bytes: Buffer.concat([...parts].flat()), type });
}

interface Shape {
  readonly list: object;
  readonly field: 'items' | 'rows';
  readonly item: (stored: Stored) => object;
  /** The item as JSON, where there is something better than printing it. */
  readonly bytes?: (stored: Stored) => Buffer;
}

function shapeOf({ resource, format, info }: Call, { metadata }: Found, now: number): Shape {
  const served = (stored: Stored) => servedAs(resource, stored);
  if (format.as === 'table') {
    const include = includeOf(info.query);
    const columnDefinitions = columnsOf(resource);
    return {
      list: { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions },
      field: 'rows',
      item: (stored) => rowOf(resource, served(stored).object, { include, now }),
    };
  }
  if (format.as === 'metadata') {
    const kind = 'PartialObjectMetadataList';
    return {
      list: { kind, apiVersion: 'meta.k8s.io/v1', metadata },
      field: 'items',
      item: ({ object }) => toPartial(object),
    };
  }
  return {
    list: { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata },
    field: 'items',
    item: (stored) => served(stored).object,
    bytes: (stored) => served(stored).bytes,
  };
}

interface Text {
  readonly head: string;
  readonly item: (stored: Stored, isFirst: boolean) => readonly Buffer[];
  readonly tail: string;
}

const comma = Buffer.from(',');

function jsonOf({ list, field, item, bytes }: Shape): Text {
  const print = bytes ?? ((stored) => Buffer.from(JSON.stringify(item(stored))));
  return {
    head: `${JSON.stringify(list).slice(0, -1)},"${field}":[`,
    item: (stored, isFirst) => (isFirst ? [print(stored)] : [comma, print(stored)]),
    tail: ']}\n',
  };
}

/** Each item is a list of one, and lists of one after the other are one list. */
const yamlOf = ({ list, field, item }: Shape, isEmpty: boolean): Text => ({
  head: `${toYaml(list)}${field}:`,
  item: (stored, isFirst) => [Buffer.from(isFirst ? '\n' : ''), toYaml([item(stored)])],
  tail: isEmpty ? ' []\n' : '',
});

function* partsOf({ head, item, tail }: Text, items: readonly Stored[]): Iterable<Buffer[]> {
  let part: Buffer[] = [Buffer.from(head)];
  let size = 0;
  for (const [index, stored] of items.entries()) {
    for (const bytes of item(stored, index === 0)) {
      part.push(bytes);
      size += bytes.length;
    }
    if (size < partBytes) continue;
    yield part;
    part = [];
    size = 0;
  }
  part.push(Buffer.from(tail));
  yield part;
}
