import test from 'ava';
import {
  describeFlags,
  integer,
  list,
  oneOf,
  optionalText,
  parseFlags,
  port,
  text,
  toggle,
} from './config.ts';
import { UsageError } from './errors.ts';

const table = {
  'node-name': text('The name.', 'node-1', 'NAME'),
  'secure-port': port('The port.', 6443),
  replicas: integer('How many.', 1, { min: 0, max: 9 }),
  'api-groups': list('Some groups.', ['core']),
  mode: oneOf('How.', ['fast', 'slow'], 'fast'),
  file: optionalText('A file.'),
  wait: toggle('Wait.'),
};

const defaults = {
  nodeName: 'node-1',
  securePort: 6443,
  replicas: 1,
  apiGroups: ['core'],
  mode: 'fast',
  file: undefined,
  wait: false,
};

const good: { name: string; argv: string[]; want: object }[] = [
  { name: 'gives the defaults when nothing is said', argv: [], want: {} },
  { name: 'takes --flag=value', argv: ['--node-name=a'], want: { nodeName: 'a' } },
  { name: 'takes --flag value', argv: ['--secure-port', '0'], want: { securePort: 0 } },
  { name: 'splits lists', argv: ['--api-groups=a,b'], want: { apiGroups: ['a', 'b'] } },
  { name: 'takes an empty value', argv: ['--node-name='], want: { nodeName: '' } },
  { name: 'turns a switch on', argv: ['--wait'], want: { wait: true } },
  { name: 'turns a switch off again', argv: ['--wait', '--no-wait'], want: { wait: false } },
  { name: 'keeps a value that looks like a flag', argv: ['--file=--x'], want: { file: '--x' } },
];
for (const { name, argv, want } of good) {
  test(`parseFlags ${name}`, (t) => {
    t.deepEqual(parseFlags(table, argv).config, { ...defaults, ...want } as never);
  });
}

const bad: { name: string; argv: string[]; want: RegExp }[] = [
  { name: 'an unknown flag', argv: ['--nope=1'], want: /unknown flag --nope/ },
  { name: 'a member of Object.prototype', argv: ['--constructor=1'], want: /unknown flag/ },
  {
    name: 'a port out of range',
    argv: ['--secure-port=65536'],
    want: /whole number from 0 to 65535/,
  },
  {
    name: 'a number that is none',
    argv: ['--replicas=1e1'],
    want: /--replicas=1e1: must be a whole/,
  },
  { name: 'a choice that is none', argv: ['--mode=odd'], want: /must be one of fast, slow/ },
];
for (const { name, argv, want } of bad) {
  test(`parseFlags refuses ${name}`, (t) => {
    const error = t.throws(() => parseFlags(table, argv), { instanceOf: UsageError });
    t.regex(error.message, want);
  });
}

test('parseFlags reports every problem at once', (t) => {
  const error = t.throws(() => parseFlags(table, ['--nope=1', '--mode=odd', '--replicas=x']));
  t.is(error.message.split('\n').length, 3);
});

test('parseFlags hands over what is no flag', (t) => {
  t.deepEqual(parseFlags(table, ['import', '--wait', 'file.tar']).positionals, [
    'import',
    'file.tar',
  ]);
});

test('describeFlags prints a line a flag, with its default', (t) => {
  const lines = describeFlags(table).split('\n');
  t.is(lines.length, Object.keys(table).length);
  t.regex(lines[0]!, /^ {2}--node-name NAME +The name\. \[node-1\]$/);
});
