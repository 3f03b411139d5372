import test from 'ava';
import { type FieldType, schemaFiles, type TypeSchema, typeNamed, typesOf } from '../schema.ts';
import { numbersOf, parseNumbers } from './numbers.ts';

test('numbers count on, jump where they are told, and know embedded structs', (t) => {
  const field = (name: string, keepsZero = false) => ({ name, keepsZero, embeds: undefined });
  t.deepEqual(
    [...parseNumbers('Volume name size! :VolumeSource=7 last')],
    [
      [1, field('name')],
      [2, field('size', true)],
      [7, { name: '', keepsZero: false, embeds: 'VolumeSource' }],
      [8, field('last')],
    ],
  );
});

test('every field that a body may hold has a number, and no number is of an unknown field', (t) => {
  const seen = new Set<TypeSchema>();
  const visit = (schema: TypeSchema): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    const numbered = namesOf(schema, schema.name);
    const own = [...schema.fields.keys()];
    const typeMeta = ['apiVersion', 'kind'].filter((name) => !numbered.includes(name));
    const wanted = own.filter((name) => !schema.isKind || !typeMeta.includes(name));
    t.deepEqual(numbered.sort(), wanted.sort(), schema.definition);
    for (const { type } of schema.fields.values()) visitType(type);
  };
  const visitType = (type: FieldType): void => {
    if (type.is === 'type') visit(type.schema);
    else if (type.is !== 'scalar') visitType(type.is === 'list' ? type.item : type.value);
  };
  for (const schema of schemaFiles().flatMap(typesOf)) {
    if (schema.isKind && numbersOf(schema.file, schema.name)) visit(schema);
  }
  t.true(seen.has(typeNamed('core-v1', 'Container')!));
  t.true(seen.has(typeNamed('meta-v1', 'DeleteOptions')!));
});

/** With those of embedded structs. */
function namesOf({ file }: TypeSchema, message: string): string[] {
  const numbers = [...numbersOf(file, message)!.values()];
  return numbers.flatMap(({ name, embeds }) =>
    embeds === undefined ? [name] : namesOf({ file } as TypeSchema, embeds),
  );
}

test('lists of objects and unknown types have no numbers', (t) => {
  t.is(numbersOf('core-v1', 'PodList'), undefined);
  t.is(numbersOf('core-v1', ''), undefined);
  t.is(numbersOf('toString', 'Pod'), undefined);
});
