import test from 'ava';
import fc from 'fast-check';
import { findToken, parseTokenFile } from './token-file.ts';

const file = `one,ann,1,"dev,ops"\r
two, bob ,2

three,"carl, the ""third""",3,"dev"
`;

const cases: [string, string | undefined][] = [
  ['one', 'ann 1 dev ops system:authenticated'],
  ['two', 'bob 2 system:authenticated'],
  ['three', 'carl, the "third" 3 dev system:authenticated'],
  ['', undefined],
  ['four', undefined],
  ['one ', undefined],
];

for (const [token, want] of cases) {
  test(`the token ${JSON.stringify(token)} is ${want ?? 'nobody'}`, (t) => {
    const user = findToken(parseTokenFile(file), token);
    t.is(user && [user.name, user.uid, ...user.groups].join(' '), want);
  });
}

test('a line without a user is named', (t) => {
  t.throws(() => parseTokenFile('a,b,c\nonly-a-token'), { message: /line 2 of the token file/ });
});

test('what is quoted is read as it was, whatever it is', (t) => {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const text = fc.string({ minLength: 1 }).filter((each) => !/[\r\n]/.test(each));
  const property = fc.property(text, text, (token, name) => {
    const tokens = parseTokenFile(`${quote(token)},${quote(name)},1`);
    return findToken(tokens, token)?.name === name;
  });
  t.notThrows(() => fc.assert(property));
});
