/** Text of a plugin, an engine or an image that would steer a terminal, hide, or turn around what is read beside it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { parse } from 'yaml';
import { describeError } from '../../src/cli/describe-error.ts';
import { html } from '../../src/cli/matrix/html/markup.ts';
import { printData, printFields } from '../../src/cli/output/document.ts';
import { tableLines } from '../../src/cli/output/table.ts';
import { terminalOn, unpainted } from '../../src/cli/output/terminal.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { LaunchRefusedError } from '../../src/container/errors.ts';
import { EngineError } from '../../src/engine/errors.ts';
import { BulkheadError } from '../../src/errors.ts';
import { longestShown, plainJson, plainText } from '../../src/foreign-text.ts';
import { PluginCallError } from '../../src/goplugin/index.ts';
import { CrashLoopError } from '../../src/host/errors.ts';

/** Each may stand for others of its kind. */
const characters: Readonly<Record<string, string>> = {
  escape: '\u001b',
  'carriage return': '\r',
  backspace: '\u0008',
  delete: '\u007f',
  'CSI of C1': '\u009b',
  'OSC of C1': '\u009d',
  'next line': '\u0085',
  'soft hyphen': '\u00ad',
  'combining grapheme joiner': '\u034f',
  'Arabic letter mark': '\u061c',
  'Hangul filler': '\u3164',
  'Mongolian vowel separator': '\u180e',
  'zero width space': '\u200b',
  'zero width joiner': '\u200d',
  'right-to-left mark': '\u200f',
  'line separator': '\u2028',
  'paragraph separator': '\u2029',
  'right-to-left override': '\u202e',
  'word joiner': '\u2060',
  'right-to-left isolate': '\u2067',
  'inhibit symmetric swapping': '\u206a',
  'variation selector': '\ufe0f',
  'byte order mark': '\ufeff',
  'interlinear annotation': '\ufff9',
  'half of a pair': '\ud800',
  'no character': '\uffff',
  tag: '\u{e0041}',
  'musical begin beam': '\u{1d173}',
};

const hostile = Object.values(characters).map((character) => `a${character}b`);
const everything = hostile.join(' ');
const raw = new RegExp(
  `[${Object.values(characters)
    .map((character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
    .join('')}]`,
  'u',
);

describe('text of others', () => {
  for (const [name, character] of Object.entries(characters)) {
    it(`shows ${name} by its number`, () => {
      const shown = plainText(`a${character}b`);
      assert.doesNotMatch(shown, raw);
      assert.match(shown, name === 'carriage return' ? /^ab$/ : /^a\\u(?:[\da-f]{4}|\{[\da-f]{5}\})b$/);
    });
  }

  it('keeps what people write', () => {
    const text = 'Grüße, 你好, שלום, नमस्ते 🎉 "quoted"\n\tindented';
    assert.equal(plainText(text), text);
  });
});

describe('the command line', () => {
  for (const format of ['json', 'yaml', 'table'] as const) {
    it(`prints ${format} that holds none of it, and means the same`, () => {
      const data = { texts: hostile, [everything]: everything };
      const out = printed((terminal) => {
        printData(terminal, format, data, () => tableLines(['Key'], [[everything]]));
      });
      assert.doesNotMatch(out, raw);
      if (format === 'json') assert.deepEqual(JSON.parse(out), data);
      if (format === 'yaml') {
        const wellFormed = JSON.parse(JSON.stringify(data).replaceAll('\\ud800', '\\ufffd')) as unknown;
        const read = JSON.parse(JSON.stringify(parse(out)).replaceAll('\\ud800', '\\ufffd')) as unknown;
        assert.deepEqual(read, wellFormed);
      }
    });
  }

  it('prints one field, and the names of the fields there are, without it', () => {
    const data = { name: everything, list: hostile, [everything]: 1 };
    for (const field of ['name', 'list']) {
      const out = printed((terminal) => {
        printFields(terminal, { format: 'table', field }, data);
      });
      assert.doesNotMatch(out, raw);
    }
    assert.throws(
      () =>
        printed((terminal) => {
          printFields(terminal, { format: 'table', field: 'x' }, data);
        }),
      (error: Error) => error instanceof UsageError && !raw.test(error.message),
    );
  });

  it('lets nothing through that a command forgot to look at, and keeps its own colours', () => {
    const written = printed((terminal) => {
      for (const line of [everything, '\u001b[32mours\u001b[0m \u001b[2J\u001b[31;1m\u001b]0;title\u0007']) {
        terminal.out(line);
        terminal.err(line);
        terminal.progress(line);
      }
    }, true);
    const [first] = written.split('\n');
    assert.doesNotMatch(first ?? '', raw);
    assert.equal(written.split('\u001b[32mours\u001b[0m').length, 3);
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    assert.doesNotMatch(written, /\u001b\[2J|\u001b\]|\u0007|\u001b\[31;1m/);
  });

  it('puts none of it into a page', () => {
    assert.doesNotMatch(html`<p>${everything}</p>`.text, raw);
  });
});

describe('errors of the library', () => {
  const options = {
    phase: 'call',
    plugin: 'kv',
    output: { stdout: everything, stderr: everything },
  } as const;
  const reason = { rule: 'r', requirement: 'q', observed: everything, remedy: everything, source: 's' };
  const errors: Readonly<Record<string, Error>> = {
    'of any kind': new BulkheadError('ENGINE_GONE', everything, { hint: everything }),
    'with a cause': new BulkheadError('ENGINE_GONE', 'x', {
      cause: new Error(everything, { cause: new AggregateError([new Error(everything)], everything) }),
    }),
    'with a cause that is text': new BulkheadError('ENGINE_GONE', 'x', { cause: everything }),
    'of a call': new PluginCallError('PLUGIN_CALL_FAILED', everything, {
      ...options,
      exit: { code: 1, error: everything },
      diagnosis: { facts: [{ name: everything, value: everything }], hint: everything },
      method: '/a.B/C',
      status: 'UNKNOWN',
      details: everything,
      metadata: {},
    }),
    'of an engine': new EngineError('ENGINE_CONFLICT', everything, { engineMessage: everything }),
    'of a launch': new LaunchRefusedError(everything, [reason]),
    'of a plugin that keeps ending': new CrashLoopError('kv', 'i', {
      failures: 1,
      windowMs: 1,
      output: options.output,
      cause: undefined,
    }),
  };
  for (const [what, error] of Object.entries(errors)) {
    it(`hold none of it: ${what}`, () => {
      const texts = textsIn(error, 0);
      assert.ok(texts.length >= 2);
      for (const text of texts) assert.doesNotMatch(text, raw);
      for (const line of describeError(error, unpainted)) assert.doesNotMatch(line, raw);
    });
  }

  it('do not grow with what they quote', () => {
    const long = 'x'.repeat(24 * 1024 * 1024);
    const error = new BulkheadError('ENGINE_GONE', long, { hint: long, cause: new Error(long) });
    const facts = Array.from({ length: 1_000 }, () => ({ name: long, value: long }));
    const ofPlugin = new PluginCallError('PLUGIN_CALL_FAILED', long, {
      phase: 'call',
      plugin: 'kv',
      diagnosis: { facts, hint: long },
      method: '/a.B/C',
      status: 'UNKNOWN',
      details: long,
      metadata: {},
    });
    for (const each of [error, ofPlugin, new UsageError(long)]) {
      const size = inspect(each, { depth: 10, maxStringLength: null, maxArrayLength: null }).length;
      assert.ok(size < 400 * 1024, `${size} characters`);
      assert.ok(each.message.length < longestShown + 100);
    }
  });

  it('keep a cause whose words are harmless as it is', () => {
    const cause = new Error('plain');
    assert.equal(new BulkheadError('ENGINE_GONE', 'x', { cause }).cause, cause);
    const changed = new BulkheadError('ENGINE_GONE', 'x', { cause: new TypeError('\u001b[2J') }).cause;
    assert.ok(changed instanceof TypeError);
    assert.equal(changed.message, '\\u001b[2J');
  });
});

it('writes JSON that means the same', () => {
  assert.deepEqual(JSON.parse(plainJson({ [everything]: hostile }, 2)), { [everything]: hostile });
  assert.equal(plainJson(undefined), 'null');
});

function printed(print: (terminal: ReturnType<typeof terminalOn>) => void, tty = false): string {
  let written = '';
  const stream = {
    isTTY: tty,
    columns: 1_000,
    write: (text: string) => {
      written += text;
    },
  };
  print(terminalOn(stream, stream, {}));
  return written;
}

/** Every text that can be reached from an error. */
function textsIn(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 8) return [];
  return Object.values(Object.getOwnPropertyDescriptors(value)).flatMap(({ value: inner }) =>
    textsIn(inner, depth + 1),
  );
}
