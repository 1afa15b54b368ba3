/** Plugins that describe themselves so that reading it costs their host memory and time. Each ends in an error that names the limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReflectionError, ReflectionLimitError, service } from '../../src/goplugin/index.ts';
import { Budget } from '../../src/goplugin/reflection/budget.ts';
import { reflection } from '../../src/goplugin/reflection/client.ts';
import { reflectionLimits, type ReflectionLimitName } from '../../src/goplugin/reflection/limits.ts';
import type { ReflectionAnswer, ReflectionQuestion } from '../../src/goplugin/reflection/messages.ts';
import { schemaOf } from '../../src/goplugin/reflection/schema.ts';
import { reflectionService } from '../../src/goplugin/reflection/services.ts';
import { bytesField, varintField } from '../../src/goplugin/wire/protobuf.ts';
import { serveToTarget } from '../goplugin/fixtures/reflected.ts';
import { watchGrowth } from '../goplugin/fixtures/watch-growth.ts';

const limits = { timeout: 120_000 };
const mebibyte = 1024 * 1024;
/** How much this process may grow by, whatever a plugin says of itself. */
const growthLimit = 150 * mebibyte;

/** Parts of `google.protobuf.FileDescriptorProto`. */
const message = (name: string, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([bytesField(1, name), ...parts]);
const field = (name: string, number: number, type?: string): Buffer =>
  bytesField(
    2,
    Buffer.concat([
      bytesField(1, name),
      varintField(3, number),
      varintField(4, 1),
      varintField(5, type === undefined ? 9 : 11),
      bytesField(6, type ?? ''),
    ]),
  );
const method = (name: string, type: string): Buffer =>
  bytesField(2, Buffer.concat([bytesField(1, name), bytesField(2, type), bytesField(3, type)]));
const many = (count: number, make: (at: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => make(at)));
const file = (name: string, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([bytesField(1, name), bytesField(2, 'a'), ...parts, bytesField(12, 'proto3')]);
/** `a.B` with `a.M`, which any bomb may stand beside. */
const honest = Buffer.concat([
  bytesField(4, message('M', field('text', 1))),
  bytesField(6, message('B', method('Get', '.a.M'))),
]);

const bombs: readonly (readonly [what: string, limit: ReflectionLimitName, answer: ReflectionAnswer])[] = [
  [
    '1.6 MiB of empty messages',
    'symbols',
    files(
      file(
        'f',
        honest,
        many(60_000, (at) => bytesField(4, message(`m${at}`.padEnd(22, 'x')))),
      ),
    ),
  ],
  [
    'empty enums',
    'symbols',
    files(
      file(
        'f',
        honest,
        many(60_000, (at) => bytesField(5, message(`e${at}`))),
      ),
    ),
  ],
  [
    'services without methods',
    'symbols',
    files(
      file(
        'f',
        honest,
        many(60_000, (at) => bytesField(6, message(`S${at}`))),
      ),
    ),
  ],
  [
    'map entries',
    'symbols',
    files(
      file(
        'f',
        honest,
        bytesField(
          4,
          message(
            'N',
            many(20_000, (at) =>
              bytesField(3, Buffer.concat([message(`E${at}`), bytesField(7, varintField(7, 1))])),
            ),
          ),
        ),
      ),
    ),
  ],
  [
    'one message of many fields',
    'membersOfOne',
    files(
      file(
        'f',
        honest,
        bytesField(
          4,
          message(
            'N',
            many(20_000, (at) => field(`f${at}`, at + 1)),
          ),
        ),
      ),
    ),
  ],
  [
    'one message of many oneofs',
    'membersOfOne',
    files(
      file(
        'f',
        honest,
        bytesField(
          4,
          message(
            'N',
            many(20_000, (at) => bytesField(8, message(`o${at}`))),
          ),
        ),
      ),
    ),
  ],
  [
    'many messages of some fields',
    'members',
    files(
      file(
        'f',
        honest,
        many(2_000, (at) =>
          bytesField(
            4,
            message(
              `N${at}`,
              many(20, (each) => field(`f${each}`, each + 1)),
            ),
          ),
        ),
      ),
    ),
  ],
  [
    'one enum of many values',
    'members',
    files(
      file(
        'f',
        honest,
        bytesField(
          5,
          message(
            'E',
            many(100_000, (at) => bytesField(2, message(`V${at}`))),
          ),
        ),
      ),
    ),
  ],
  [
    'a service of many methods',
    'membersOfOne',
    files(
      file(
        'f',
        honest,
        bytesField(
          6,
          message(
            'S',
            many(20_000, (at) => method(`M${at}`, '.a.M')),
          ),
        ),
      ),
    ),
  ],
  [
    'methods that all take the same large message',
    'described',
    files(
      file(
        'f',
        bytesField(
          4,
          message(
            'N',
            many(480, (at) => field(`f${at}`, at + 1)),
          ),
        ),
        bytesField(
          6,
          message(
            'B',
            many(400, (at) => method(`M${at}`, '.a.N')),
          ),
        ),
      ),
    ),
  ],
  ['messages within messages', 'nesting', files(file('f', honest, bytesField(4, nested(2_000))))],
  [
    'a package of many parts',
    'nesting',
    files(Buffer.concat([bytesField(1, 'f'), bytesField(2, Array(200).fill('p').join('.')), honest])),
  ],
  [
    'a name of a megabyte',
    'nameLength',
    files(file('f', honest, bytesField(4, message('n'.repeat(mebibyte))))),
  ],
  [
    'the type of a field with a name of a megabyte',
    'nameLength',
    files(file('f', honest, bytesField(4, message('N', field('f', 1, `.${'n'.repeat(mebibyte)}`))))),
  ],
  ['a file with a name of a megabyte', 'nameLength', files(file('n'.repeat(mebibyte), honest))],
  [
    'fields of two bytes that mean nothing',
    'parts',
    files(
      file(
        'f',
        honest,
        many(1_000_000, () => Buffer.of(0xa0, 0x01, 0x01)),
      ),
    ),
  ],
  [
    'extension ranges',
    'parts',
    files(
      file(
        'f',
        honest,
        bytesField(
          4,
          message(
            'N',
            many(300_000, () => Buffer.of(0x2a, 0x02, 0x08, 0x01)),
          ),
        ),
      ),
    ),
  ],
  [
    'options of many parts',
    'parts',
    files(
      file(
        'f',
        honest,
        bytesField(
          4,
          message(
            'N',
            bytesField(
              3,
              Buffer.concat([
                message('I'),
                bytesField(
                  7,
                  many(1_000_000, () => Buffer.of(0x08, 0x01)),
                ),
              ]),
            ),
          ),
        ),
      ),
    ),
  ],
  [
    'one file with 2,000 imports that are not there',
    'files',
    files(
      file(
        'f',
        honest,
        many(2_000, (at) => bytesField(3, `i${at}`)),
      ),
    ),
  ],
  [
    'one file with 100,000 imports of the same',
    'imports',
    files(
      file(
        'f',
        honest,
        many(100_000, () => bytesField(3, 'f')),
      ),
    ),
  ],
  [
    '2,000 files',
    'files',
    files(file('f', honest), ...Array.from({ length: 2_000 }, (_, at) => file(`f${at}`))),
  ],
  ['an answer of 8 MiB', 'bytes', files(file('f', honest, bytesField(9, Buffer.alloc(8 * mebibyte))))],
  [
    'empty files without number',
    'parts',
    { kind: 'files', files: Array.from({ length: 300_000 }, () => Buffer.alloc(0)) },
  ],
];

for (const [what, limit, answer] of bombs) {
  test(`is not exhausted by ${what}`, limits, async () => {
    await using server = await serveToTarget([answering(() => answer)]);
    const growth = watchGrowth();
    await assert.rejects(reflection(server.target, 'the bomb').service('a.B'), (error) => {
      assert.ok(error instanceof ReflectionLimitError, String(error));
      assert.deepEqual(
        [error.limit, error.value, error.code],
        [limit, reflectionLimits[limit].value, 'REFLECTION_FAILED'],
      );
      assert.ok(error.message.includes(reflectionLimits[limit].what) && error.message.length < 500);
      return true;
    });
    assert.ok(growth() < growthLimit, `grew by ${growth()} bytes`);
  });
}

test('refuses a list of services without end, and names without end in it', limits, async () => {
  for (const [limit, names] of [
    ['services', Array.from({ length: 50_000 }, (_, at) => `s${at}`)],
    ['nameLength', ['s'.repeat(mebibyte)]],
  ] as const) {
    await using server = await serveToTarget([answering(() => ({ kind: 'services', names }))]);
    const asked = reflection(server.target, 'the bomb').services();
    await assert.rejects(asked, (error) => error instanceof ReflectionLimitError && error.limit === limit);
  }
});

test('asks for none of 2,000 imports that one file names', limits, async () => {
  let asked = 0;
  const imports = many(2_000, (at) => bytesField(3, `i${at}`));
  await using server = await serveToTarget([
    answering(() => {
      asked += 1;
      return files(file('f', honest, imports));
    }),
  ]);
  await assert.rejects(reflection(server.target, 'the bomb').service('a.B'), ReflectionLimitError);
  assert.equal(asked, 1);
});

test(
  'has one deadline for all questions to a plugin that answers each with a further import',
  limits,
  async () => {
    let asked = 0;
    await using server = await serveToTarget([
      answering(async () => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return files(file(asked === 1 ? 'f' : `i${asked - 1}`, honest, bytesField(3, `i${asked}`)));
      }),
    ]);
    await assert.rejects(reflection(server.target, 'the bomb').service('a.B', { timeoutMs: 1_000 }), {
      code: 'PLUGIN_CALL_TIMEOUT',
    });
    assert.ok(asked > 1 && asked <= 20, `${asked} questions`);
  },
);

test('ends the reading of descriptors with the reason of an abort, or at its deadline', limits, async () => {
  const large = file(
    'f',
    honest,
    many(3_900, (at) => bytesField(4, message(`N${at}`, field('a', 1, '.a.M'), field('b', 2)))),
  );
  assert.ok((await schemaOf([large], new Budget())).nested);
  const controller = new AbortController();
  const reason = new Error('enough');
  setImmediate(() => {
    controller.abort(reason);
  });
  await assert.rejects(
    schemaOf([large], new Budget({ signal: controller.signal })),
    (error) => error === reason,
  );
  await using server = await serveToTarget([answering(() => files(large))]);
  const asked = reflection(server.target, 'the bomb').service('a.B', { timeoutMs: 0.001 });
  await assert.rejects(asked, { code: 'PLUGIN_CALL_TIMEOUT' });
});

test('reads what is just within the limits, and the plugin can be called', limits, async () => {
  const large = file(
    'f',
    honest,
    many(3_900, (at) => bytesField(4, message(`N${at}`, field('a', 1, '.a.M'), field('b', 2)))),
  );
  await using server = await serveToTarget([answering(() => files(large))]);
  const growth = watchGrowth();
  const definition = await reflection(server.target, 'the plugin').service('a.B');
  const get = definition['Get'];
  assert.deepEqual(get?.responseDeserialize(get.responseSerialize({ text: 'x' })), { text: 'x' });
  assert.ok(growth() < growthLimit, `grew by ${growth()} bytes`);
});

const poisoned: Readonly<Record<string, Buffer>> = {
  'a message': file('f', honest, bytesField(4, message('__proto__', field('polluted', 1)))),
  'a message in a message': file(
    'f',
    honest,
    bytesField(4, message('N', bytesField(3, message('__proto__')))),
  ),
  'a field': file('f', honest, bytesField(4, message('N', field('__proto__', 1)))),
  'a oneof': file('f', honest, bytesField(4, message('N', bytesField(8, message('__proto__'))))),
  'an enum': file('f', honest, bytesField(5, message('__proto__'))),
  'a value': file('f', honest, bytesField(5, message('E', bytesField(2, message('__proto__'))))),
  'a service': file('f', honest, bytesField(6, message('__proto__'))),
  'a method': file('f', honest, bytesField(6, message('S', method('__proto__', '.a.M')))),
  'a package': Buffer.concat([bytesField(1, 'f'), bytesField(2, 'a.__proto__'), honest]),
};

for (const [what, bytes] of Object.entries(poisoned)) {
  test(`refuses the name __proto__ of ${what}`, limits, async () => {
    await using server = await serveToTarget([answering(() => files(bytes))]);
    await assert.rejects(reflection(server.target, 'the liar').service('a.B'), (error) => {
      assert.ok(error instanceof ReflectionError, String(error));
      assert.match(error.message, /"__proto__" is not a name/);
      return true;
    });
    assert.equal('polluted' in {}, false);
  });
}

test('says each limit in a sentence', () => {
  for (const { what, beyond, value } of Object.values(reflectionLimits)) {
    assert.ok(what.length > 10 && beyond.length > 10 && value > 0);
  }
});

function files(...descriptors: readonly Buffer[]): ReflectionAnswer {
  return { kind: 'files', files: descriptors };
}

function nested(depth: number): Buffer {
  let inner = message('M');
  for (let level = 0; level < depth; level += 1) inner = message('M', bytesField(3, inner));
  return inner;
}

function answering(answer: (question: ReflectionQuestion) => ReflectionAnswer | Promise<ReflectionAnswer>) {
  return service(reflectionService('v1'), {
    serverReflectionInfo: async function* (questions: AsyncIterable<ReflectionQuestion>) {
      for await (const question of questions) yield { question, answer: await answer(question) };
    },
  });
}
