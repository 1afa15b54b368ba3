/** Words of JSON, with those at which parsers of it go wrong. */
export const jsonWords: readonly string[] = [
  ...['{', '}', '[', ']', ':', ',', '"', '""', '{}', '[]', 'null', 'true', 'false', '[[[[[[[[', '{"a":'],
  ...[
    '1e999',
    '-0',
    '1.5',
    '9007199254740993',
    '-1',
    '"\\u0000"',
    '"\\ud800"',
    '"__proto__":',
    '"constructor":',
  ],
  ...['"toString"', '"length":', '"then":'],
];
