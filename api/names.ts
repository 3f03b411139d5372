/**
 * What names may look like. Each check returns upstream's sentences for what is wrong with a
 * value; an empty list means that it is fine.
 */

export type NameCheck = (value: string) => string[];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const tooLong = (max: number) => `must be no more than ${max} bytes`;
const example = (...examples: string[]) =>
  `(e.g. ${examples.map((each) => `'${each}'`).join(',  or ')}, regex used for validation is `;

export const isDns1123Label: NameCheck = (value) => {
  const problems = byteLength(value) > 63 ? [tooLong(63)] : [];
  if (isMatch(label, value)) return problems;
  if (isMatch(subdomain, value)) return [...problems, 'must not contain dots'];
  return [
    ...problems,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
      'and must start and end with an alphanumeric character ' +
      `${example('my-name', '123-abc')}'${label}')`,
  ];
};

export const isDns1123Subdomain: NameCheck = (value) => [
  ...(byteLength(value) > 253 ? [tooLong(253)] : []),
  ...(isMatch(subdomain, value)
    ? []
    : [
        'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
          "'-' or '.', and must start and end with an alphanumeric character " +
          `${example('example.com')}'${subdomain}')`,
      ]),
];

export const isWildcardSubdomain: NameCheck = (value) => [
  ...(byteLength(value) > 253 ? [tooLong(253)] : []),
  ...(isMatch(`\\*\\.${subdomain}`, value)
    ? []
    : [
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, " +
          "which must consist of lower case alphanumeric characters, '-' or '.' and end with an " +
          `alphanumeric character ${example('*.example.com')}'\\*\\.${subdomain}')`,
      ]),
];

/** Where names are looked for: old tools look under names with underscores, too. */
export const isSearchPath: NameCheck = (value) => [
  ...(byteLength(value) > 253 ? [tooLong(253)] : []),
  ...(isMatch('_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*', value)
    ? []
    : [
        'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
          "'_', '-' or '.', and must start and end with an alphanumeric character " +
          `${example('example.com')}'[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')`,
      ]),
];

export const isDns1035Label: NameCheck = (value) => [
  ...(byteLength(value) > 63 ? [tooLong(63)] : []),
  ...(isMatch('[a-z]([-a-z0-9]*[a-z0-9])?', value)
    ? []
    : [
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', " +
          'start with an alphabetic character, and end with an alphanumeric character ' +
          `${example('my-name', 'abc-123')}'[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ]),
];

/** `app`, or `example.com/app`: keys of labels and annotations, finalizers, resource names. */
export const isQualifiedName: NameCheck = (value) => {
  const parts = value.split('/');
  if (parts.length > 2)
    return [
      `a qualified name ${qualifiedForm} with an optional DNS subdomain prefix and '/' ` +
        "(e.g. 'example.com/MyName')",
    ];
  const [prefix, name] = parts.length === 2 ? parts : [undefined, parts[0]];
  const problems: string[] = [];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix)
    problems.push(...isDns1123Subdomain(prefix).map((each) => `prefix part ${each}`));
  if (!name) return [...problems, 'name part must be non-empty', `name part ${qualifiedForm}`];
  if (byteLength(name) > 63) problems.push(`name part ${tooLong(63)}`);
  if (!isMatch(qualified, name)) problems.push(`name part ${qualifiedForm}`);
  return problems;
};

const qualifiedForm =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  `alphanumeric character ${example('MyName', 'my.name', '123-abc')}'${qualified}')`;

export const isLabelValue: NameCheck = (value) => [
  ...(byteLength(value) > 63 ? [tooLong(63)] : []),
  ...(isMatch(`(${qualified})?`, value)
    ? []
    : [
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' " +
          "or '.', and must start and end with an alphanumeric character " +
          `${example('MyValue', 'my_value', '12345')}'(${qualified})?')`,
      ]),
];

/** Whatever fits into a path: names of roles and bindings. */
export const isPathSegmentName: NameCheck = (value) => {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%']
    .filter((each) => value.includes(each))
    .map((each) => `may not contain '${each}'`);
};

/** A key of a ConfigMap or Secret: it becomes a file's name. */
export const isConfigKey: NameCheck = (value) => {
  const problems = byteLength(value) > 253 ? [tooLong(253)] : [];
  if (!isMatch('[-._a-zA-Z0-9]+', value)) {
    problems.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' " +
        `${example('key.name', 'KEY_NAME', 'key-name')}'[-._a-zA-Z0-9]+')`,
    );
  }
  if (value === '.' || value === '..') problems.push(`must not be '${value}'`);
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
};

/** Anything printable but an equals sign, as upstream has it since the names were relaxed. */
export const isEnvironmentName: NameCheck = (value) =>
  value.length > 0 && isMatch('[ -<>-~]+', value)
    ? []
    : [
        'a valid environment variable name must consist only of printable ASCII characters ' +
          "other than '='",
      ];

/** `http`, `web-1`: at most 15 characters, one of them a letter. */
export const isPortName: NameCheck = (value) => {
  const problems = value.length > 15 ? ['must be no more than 15 characters'] : [];
  if (!isMatch('[-a-z0-9]+', value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) {
    problems.push('must not begin or end with a hyphen');
  }
  return problems;
};

export const isHttpHeaderName: NameCheck = (value) =>
  isMatch('[-A-Za-z0-9]+', value)
    ? []
    : [
        "a valid HTTP header must consist of alphanumeric characters or '-' " +
          `${example('X-Header-Name')}'[-A-Za-z0-9]+')`,
      ];

export const isPortNumber = (port: unknown): boolean =>
  Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535;

export const portProblem = 'must be between 1 and 65535, inclusive';

/** No leading zeros: some programs read them as octal. */
export const isIpv4Address = (value: string): boolean =>
  /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(value);

export function isIpv6Address(value: string): boolean {
  const tail = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(value)?.[1];
  if (tail !== undefined && !isIpv4Address(tail)) return false;
  const text = tail === undefined ? value : `${value.slice(0, -tail.length)}0:0`;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const isCounted = halves.length === 2 ? groups.length <= 7 : groups.length === 8;
  return isCounted && groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
}

const patterns = new Map<string, RegExp>();

function isMatch(pattern: string, value: string): boolean {
  // The length is bounded first: nothing that is valid anywhere here is longer.
  if (value.length > 1024) return false;
  const compiled = patterns.get(pattern) ?? new RegExp(`^(?:${pattern})$`);
  patterns.set(pattern, compiled);
  return compiled.test(value);
}

const encoder = new TextEncoder();
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const notAscii = /[^\u0000-\u007f]/;

/** As UTF-8. Nearly all names are ASCII, and encoding them costs more than all else about them. */
export const byteLength = (text: string): number =>
  notAscii.test(text) ? encoder.encode(text).length : text.length;
