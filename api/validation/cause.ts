/** What is wrong with a field, in upstream's words; they are what users search for. */
import { type StatusCause, StatusError } from '../../base/errors.ts';

const cause = (reason: string, field: string, message: string): StatusCause => ({
  reason,
  message,
  field,
});

export const requiredValue = (field: string, detail = ''): StatusCause =>
  cause('FieldValueRequired', field, withDetail('Required value', detail));

export const invalidValue = (field: string, value: unknown, detail = ''): StatusCause =>
  cause('FieldValueInvalid', field, withDetail(`Invalid value: ${shown(value)}`, detail));

/** As invalidValue, where the value is too large to show or says nothing. */
export const wrongValue = (field: string, detail: string): StatusCause =>
  cause('FieldValueInvalid', field, `Invalid value: ${detail}`);

export const duplicateValue = (field: string, value: unknown): StatusCause =>
  cause('FieldValueDuplicate', field, `Duplicate value: ${shown(value)}`);

export const forbiddenValue = (field: string, detail: string): StatusCause =>
  cause('FieldValueForbidden', field, withDetail('Forbidden', detail));

export const notFoundValue = (field: string, value: unknown): StatusCause =>
  cause('FieldValueNotFound', field, `Not found: ${shown(value)}`);

export const unsupportedValue = (
  field: string,
  value: unknown,
  choices: readonly string[],
): StatusCause => {
  const list = choices.map((choice) => JSON.stringify(choice)).join(', ');
  return cause(
    'FieldValueNotSupported',
    field,
    `Unsupported value: ${shown(value)}: supported values: ${list}`,
  );
};

export const tooLongValue = (field: string, bytesMax: number): StatusCause =>
  cause('FieldValueTooLong', field, `Too long: may not be more than ${bytesMax} bytes`);

export const tooManyValues = (field: string, count: number, max: number): StatusCause =>
  cause('FieldValueTooMany', field, `Too many: ${count}: must have at most ${max} items`);

/** One cause for each sentence that a check of api/names.ts returns. */
export const problemsOf = (field: string, value: string, problems: string[]): StatusCause[] =>
  problems.map((problem) => invalidValue(field, value, problem));

export const immutableDetail = 'field is immutable';

/** More than that nobody reads, and a hostile object may have a hundred thousand. */
const causesMax = 100;

/** The answer 422 to an object that breaks rules. */
export function invalidObject(
  { group, kind }: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): StatusError {
  const shown = causes.slice(0, causesMax);
  const lines = shown.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  if (causes.length > shown.length) lines.push(`and ${causes.length - shown.length} more`);
  const what = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const type = group ? `${kind}.${group}` : kind;
  return new StatusError('Invalid', `${type} "${name}" is invalid: ${what}`, {
    details: { name, ...(group && { group }), kind, causes: shown },
  });
}

const withDetail = (text: string, detail: string) => (detail ? `${text}: ${detail}` : text);

function shown(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
