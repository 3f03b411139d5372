/** Answers with one object in the form that the client wants. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { Call } from '../call.ts';
import { servedAs } from '../registry/served.ts';
import type { Stored } from '../registry/stored.ts';
import { sendBytes } from './answer.ts';
import { includeOf, renderTable, toPartial } from './table.ts';
import { toYaml } from './yaml-text.ts';

export function sendObject(call: Call, code: number, stored: Stored, now: number): Promise<void> {
  const { format } = call;
  const served = servedAs(call.resource, stored);
  if (format.as === 'object' && format.encoding === 'json') {
    return sendBytes(call, code, { bytes: served.bytes, type: 'application/json' });
  }
  return sendValue(call, code, formed(call, served, now));
}

/** Any value, as JSON or YAML. */
export function sendValue(call: Call, code: number, value: unknown): Promise<void> {
  if (call.format.encoding === 'yaml') {
    return sendBytes(call, code, { bytes: toYaml(value), type: 'application/yaml' });
  }
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  return sendBytes(call, code, { bytes, type: 'application/json' });
}

function formed({ format, resource, info }: Call, stored: Stored, now: number): unknown {
  if (format.as === 'object') return stored.object;
  if (format.as === 'metadata') return toPartial(stored.object);
  const metadata = { resourceVersion: String(stored.revision) };
  const include = includeOf(info.query);
  return renderTable(resource as Resource<KubeObject>, [stored.object], { metadata, include, now });
}
