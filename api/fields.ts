/** Field selectors: `spec.nodeName=n1,status.phase!=Failed`. */
import { StatusError } from '../base/errors.ts';
import type { KubeObject, Resource } from './resource.ts';

export interface FieldTerm {
  readonly field: string;
  readonly isEqual: boolean; // `=` and `==`; false for `!=`.
  readonly value: string;
}

/** A backslash escapes comma, equals sign and itself. Empty text: no terms. */
export function parseFieldSelector(text: string): FieldTerm[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^((?:[^\\=!]|\\.|!(?!=))*)(==|!=|=)(.*)$/s.exec(term);
      if (!match) throw badSelector(text, `couldn't understand '${term}'`);
      const [, field = '', operator, value = ''] = match;
      return { field, isEqual: operator !== '!=', value: unescapeValue(value, text) };
    });
}

/**
 * A test for objects of a resource; undefined when there is nothing to test.
 * @throws StatusError BadRequest for a field that the resource cannot be selected by
 */
export function compileFieldSelector<T extends KubeObject>(
  resource: Resource<T>,
  text: string,
): ((object: T) => boolean) | undefined {
  const terms = parseFieldSelector(text);
  if (terms.length === 0) return undefined;
  const tests = terms.map(({ field, isEqual, value }) => {
    const read = readerOf(resource, field);
    if (!read) throw badSelector(text, `field label not supported: ${field}`);
    return (object: T) => (read(object) === value) === isEqual;
  });
  return (object) => tests.every((each) => each(object));
}

/** What reads a field that a resource can be selected by; undefined for any other. */
export function readerOf<T extends KubeObject>(resource: Resource<T>, field: string) {
  if (field === 'metadata.name') return (object: T) => object.metadata?.name ?? '';
  if (field === 'metadata.namespace' && resource.namespaced) {
    return (object: T) => object.metadata?.namespace ?? '';
  }
  const { fields } = resource;
  return fields && Object.hasOwn(fields, field) ? fields[field] : undefined;
}

const splitTerms = (text: string): string[] => text.match(/(?:[^\\,]|\\.)+/gs) ?? [];

function unescapeValue(value: string, whole: string): string {
  if (/(?<!\\)(?:\\\\)*=/.test(value)) throw badSelector(whole, `unescaped '=' in '${value}'`);
  return value.replace(/\\(.)/g, '$1');
}

const badSelector = (text: string, why: string) =>
  new StatusError('BadRequest', `invalid field selector "${text}": ${why}`);
