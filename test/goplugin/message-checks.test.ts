/** A message that is not of its type is refused with the place, in place of being sent as something else. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load as loadByProtoLoader } from '@grpc/proto-loader';
import {
  InvalidOptionError,
  loadProto,
  PluginCallError,
  service,
  type DynamicService,
  type ProtoMessage,
} from '../../src/index.ts';
import { clientMaker } from '../../src/goplugin/grpc/client/client.ts';
import { reflection } from '../../src/goplugin/reflection/client.ts';
import { reflectionServices } from '../../src/goplugin/reflection/server.ts';
import { serveToTarget, writeProto } from './fixtures/reflected.ts';
import { addHelper, counter, kv, type KvClient } from './fixtures/protos.ts';
import { leavingNothing, typescriptArgs } from './fixtures/start.ts';

const limits = { timeout: 60_000 };

const proto = `
syntax = "proto3";
package all;
import "other.proto";
import "google/protobuf/any.proto";
import "google/protobuf/timestamp.proto";

service Echo {
  rpc Say(Everything) returns (Everything);
  rpc SayAll(stream Everything) returns (stream Everything);
  rpc Nothing(Empty) returns (Empty);
}

message Empty {}

enum Colour { COLOUR_UNKNOWN = 0; RED = 1; GREEN = 2; }

message Inner {
  uint32 broker_id = 1;
  repeated string tags = 2;
  Inner deeper = 3;
  enum Size { SMALL = 0; LARGE = 1; }
  Size size = 4;
}

message Everything {
  double a_double = 1;
  float a_float = 2;
  int32 an_int32 = 3;
  uint32 a_uint32 = 4;
  sint32 a_sint32 = 5;
  fixed32 a_fixed32 = 6;
  int64 an_int64 = 7;
  uint64 a_uint64 = 8;
  sfixed64 a_sfixed64 = 9;
  bool a_bool = 10;
  string a_string = 11;
  bytes some_bytes = 12;
  Colour colour = 13;
  Inner inner = 14;
  repeated Inner list = 15;
  repeated Colour colours = 16;
  map<string, Inner> by_name = 17;
  map<int32, string> by_number = 18;
  map<bool, string> by_truth = 19;
  map<uint64, bytes> by_large = 20;
  oneof choice { string text = 21; Inner message = 22; }
  optional int32 maybe = 23;
  other.pkg.Thing thing = 24;
  google.protobuf.Any packed = 25;
  google.protobuf.Timestamp at = 26;
  repeated int32 numbers = 27;
  map<string, string> labels = 28;
}
`;
const other =
  'syntax = "proto3"; package other.pkg; message Thing { string nameOfIt = 1; repeated bytes parts = 2; }';

/** [what, request, place of the mistake, words of the error] */
const wrong: readonly (readonly [string, ProtoMessage, string, RegExp])[] = [
  ['the other spelling of a field', { anInt32: 1 }, 'request', /no field "anInt32"; did you mean an_int32\?/],
  ['a mistyped field', { a_strin: 'x' }, 'request', /did you mean a_string\?/],
  ['a field that is like none', { zzzzzzzz: 1 }, 'request', /no field "zzzzzzzz"$/],
  ['an unknown field that is undefined', { colur: undefined }, 'request', /did you mean colour\?/],
  [
    'a field of an inner message',
    { inner: { brokerId: 1 } },
    'request.inner',
    /no field "brokerId"; did you mean broker_id\?/,
  ],
  [
    'a field of a message far inside',
    { inner: { deeper: { deeper: { sise: 1 } } } },
    'request.inner.deeper.deeper',
    /did you mean size\?/,
  ],
  ['a field in a list', { list: [{}, { brokerId: 1 }] }, 'request.list[1]', /did you mean broker_id\?/],
  ['a field in a map', { by_name: { a: {}, 'b c': { brokerId: 1 } } }, 'request.by_name["b c"]', /broker_id/],
  ['a field in a oneof', { message: { brokerId: 1 } }, 'request.message', /broker_id/],
  [
    'a field of a message of another file',
    { thing: { name_of_it: 'x' } },
    'request.thing',
    /did you mean nameOfIt\?/,
  ],
  ['a name of every object', { toString: () => 'x' }, 'request', /no field "toString"/],
  ['two members of a oneof', { text: 'a', message: {} }, 'request.message', /nothing while text is given/],
  [
    'a oneof that names what is not given',
    { choice: 'text' },
    'request.choice',
    /the one that is given of text, message/,
  ],
  ['a text for a number', { an_int32: '7' }, 'request.an_int32', /takes a whole number from -2147483648/],
  ['a number that is too large for 32 bits', { a_float: 1e300 }, 'request.a_float', /32 bits/],
  ['half of a surrogate pair', { a_string: 'a\ud800' }, 'request.a_string', /takes a string/],
  ['half of a surrogate pair in a key', { labels: { '\udc00': '' } }, 'request.labels', /takes a string/],
  ['a word for a number', { a_double: 'seven' }, 'request.a_double', /takes a number/],
  ['NaN for a whole number', { an_int32: NaN }, 'request.an_int32', /whole number/],
  ['infinity for a whole number', { an_int64: Infinity }, 'request.an_int64', /whole number/],
  ['a fraction', { a_uint32: 1.5 }, 'request.a_uint32', /whole number/],
  ['a number that is too large', { an_int32: 2 ** 31 }, 'request.an_int32', /to 2147483647/],
  ['a negative number', { a_uint32: -1 }, 'request.a_uint32', /from 0 to 4294967295/],
  ['a negative number of 64 bits', { a_uint64: -1 }, 'request.a_uint64', /from 0 to/],
  ['a fixed number that is too large', { a_fixed32: 2 ** 32 }, 'request.a_fixed32', /4294967295/],
  [
    'a number beyond what JavaScript counts',
    { an_int64: 2 ** 53 },
    'request.an_int64',
    /as a decimal string or a bigint/,
  ],
  [
    'a decimal string that is too large',
    { an_int64: '9223372036854775808' },
    'request.an_int64',
    /9223372036854775807/,
  ],
  ['a bigint that is too large', { a_uint64: 2n ** 64n }, 'request.a_uint64', /18446744073709551615/],
  ['a string that is no number', { an_int64: '0x10' }, 'request.an_int64', /whole number/],
  ['an empty string for a number', { an_int64: '' }, 'request.an_int64', /whole number/],
  ['a bigint for 32 bits', { an_int32: 1n }, 'request.an_int32', /whole number/],
  ['a text for a truth value', { a_bool: 'false' }, 'request.a_bool', /takes true or false/],
  ['a number for a truth value', { a_bool: 0 }, 'request.a_bool', /takes true or false/],
  [
    'a number for a text',
    { a_string: 7 },
    'request.a_string',
    /field "a_string" of the request takes a string/,
  ],
  ['an object for a text', { a_string: {} }, 'request.a_string', /takes a string/],
  [
    'a text that is no base64',
    { some_bytes: 'a b' },
    'request.some_bytes',
    /takes bytes as a string of base64/,
  ],
  ['base64 that is cut', { some_bytes: 'abcde' }, 'request.some_bytes', /base64/],
  ['an ArrayBuffer', { some_bytes: new ArrayBuffer(2) }, 'request.some_bytes', /a Buffer or a Uint8Array/],
  ['wider elements than bytes', { some_bytes: new Uint16Array([1]) }, 'request.some_bytes', /Uint8Array/],
  [
    'a Buffer that was written as JSON',
    { some_bytes: Buffer.from('x').toJSON() },
    'request.some_bytes',
    /Uint8Array/,
  ],
  ['numbers that are no bytes', { some_bytes: [1, 256] }, 'request.some_bytes', /bytes/],
  [
    'bytes in a list of another file',
    { thing: { parts: [Buffer.from('x'), 7] } },
    'request.thing.parts[1]',
    /bytes/,
  ],
  [
    'an unknown name of an enum',
    { colour: 'GREN' },
    'request.colour',
    /one of COLOUR_UNKNOWN, RED, GREEN; did you mean GREEN\?/,
  ],
  ['a number as a name of an enum', { colour: '1' }, 'request.colour', /one of COLOUR_UNKNOWN/],
  ['a name of an enum in a list', { colours: ['RED', 'BLUE'] }, 'request.colours[1]', /one of/],
  ['a name of an inner enum', { inner: { size: 'MEDIUM' } }, 'request.inner.size', /SMALL, LARGE/],
  ['a truth value for an enum', { colour: true }, 'request.colour', /a value's name or its number/],
  ['a text for a message', { inner: 'x' }, 'request.inner', /takes an object/],
  ['a list for a message', { inner: [] }, 'request.inner', /takes an object/],
  ['a date for a message', { at: new Date() }, 'request.at', /takes an object/],
  ['one value for a list', { numbers: 1 }, 'request.numbers', /takes an array/],
  ['a falsy value for a list', { numbers: 0 }, 'request.numbers', /takes an array/],
  ['a wrong element', { numbers: [1, '2'] }, 'request.numbers[1]', /whole number/],
  ['a hole in a list', { list: [undefined] }, 'request.list[0]', /takes an object/],
  ['nothing in a list', { numbers: [null] }, 'request.numbers[0]', /whole number/],
  ['a list for a map', { by_name: [] }, 'request.by_name', /entries of the map/],
  ['a Map for a map', { by_name: new Map([['a', {}]]) }, 'request.by_name', /entries of the map/],
  [
    'a key that is no number',
    { by_number: { one: 'x' } },
    'request.by_number',
    /keys that are whole numbers/,
  ],
  [
    'a key that is too large',
    { by_number: { 4294967296: 'x' } },
    'request.by_number',
    /keys that are whole numbers/,
  ],
  ['the key false', { by_truth: { false: 'x' } }, 'request.by_truth', /false can't be sent/],
  ['a value in a map', { by_large: { 1: 7 } }, 'request.by_large.1', /bytes/],
  ['a value in a map of texts', { labels: { a: 1 } }, 'request.labels.a', /takes a string/],
  [
    'an unknown packed type',
    { packed: { '@type': 'x/all.Nobody' } },
    'request.packed.@type',
    /the name of a type/,
  ],
  [
    'a field of a packed message',
    { packed: { '@type': 'x/all.Inner', brokerId: 1 } },
    'request.packed',
    /broker_id/,
  ],
];

/** [what, request, what arrives of it] */
const right: readonly (readonly [string, ProtoMessage, ProtoMessage])[] = [
  [
    'numbers of all kinds',
    { a_double: NaN, a_float: Infinity, an_int32: -1, a_uint32: 4294967295 },
    { a_double: NaN, a_float: Infinity, an_int32: -1, a_uint32: 4294967295 },
  ],
  [
    'numbers that JSON writes as words',
    { a_double: 'NaN', a_float: '-Infinity' },
    { a_double: NaN, a_float: -Infinity },
  ],
  [
    '64 bits as number, string and bigint',
    { an_int64: -1, a_uint64: '18446744073709551615', a_sfixed64: -(2n ** 63n) },
    { an_int64: '-1', a_uint64: '18446744073709551615', a_sfixed64: '-9223372036854775808' },
  ],
  [
    'bytes in every form',
    {
      some_bytes: new Uint8Array([1]),
      thing: { nameOfIt: '', parts: [Buffer.from('b'), 'YQ==', 'YQ', [97]] },
    },
    {
      some_bytes: Buffer.from([1]),
      thing: {
        nameOfIt: '',
        parts: [Buffer.from('b'), Buffer.from('a'), Buffer.from('a'), Buffer.from('a')],
      },
    },
  ],
  [
    'enums by name, number and unknown number',
    { colour: 'RED', colours: [2, 'RED', 77] },
    { colour: 'RED', colours: ['GREEN', 'RED', 77] },
  ],
  [
    'what is absent',
    { inner: null, list: null, by_name: undefined, maybe: null, text: undefined },
    { inner: null, list: [], by_name: {} },
  ],
  [
    'maps',
    { by_number: { '-1': 'x' }, by_truth: { true: 'y' }, labels: { __a: 'z' } },
    { by_number: { '-1': 'x' }, by_truth: { true: 'y' }, labels: { __a: 'z' } },
  ],
  [
    'an object of a class',
    {
      inner: new (class {
        broker_id = 3;
        get tags() {
          return ['t'];
        }
      })(),
    },
    { inner: { broker_id: 3, tags: ['t'], deeper: null, size: 'SMALL' } },
  ],
  [
    'a packed message',
    { packed: { '@type': 'x/all.Inner', broker_id: 1 } },
    { packed: { type_url: 'x/all.Inner', value: Buffer.from([8, 1]) } },
  ],
];

async function echo(definition: DynamicService) {
  return serveToTarget([
    service(definition, {
      say: (request: ProtoMessage) => request,
      sayAll: (requests: AsyncIterable<ProtoMessage>) => requests,
      nothing: () => undefined as unknown as object,
    }),
  ]);
}

async function definitionOf(): Promise<DynamicService> {
  await using files = await writeProto({ 'all.proto': proto, 'other.proto': other });
  const found = (await loadProto(files.path('all.proto')))['all.Echo'];
  assert.ok(found);
  return found;
}

describe('a request', limits, () => {
  it('is refused before it is sent, with the place and without the value', async () => {
    const definition = await definitionOf();
    await using served = await echo(definition);
    const client = clientMaker(served.target)(definition);
    for (const [what, request, place, words] of wrong) {
      await assert.rejects(
        async () => await client['say']?.(request),
        (error) => {
          assert.ok(error instanceof InvalidOptionError, `${what}: ${String(error)}`);
          assert.deepEqual([error.code, error.option], ['INVALID_OPTION', place], what);
          assert.match(error.message, words, what);
          return true;
        },
        what,
      );
    }
  });

  it('names the fields that there are', async () => {
    const definition = await definitionOf();
    await using served = await echo(definition);
    const client = clientMaker(served.target)(definition);
    await assert.rejects(
      async () => await client['say']?.({ inner: { brokerId: 1 } }),
      (error) =>
        error instanceof InvalidOptionError && error.hint === 'It has broker_id, tags, deeper, size.',
    );
  });

  it('arrives as it was meant', async () => {
    const definition = await definitionOf();
    await using served = await echo(definition);
    const client = clientMaker(served.target)(definition);
    for (const [what, request, expected] of right) {
      const reply = await client['say']?.(request);
      const arrived = Object.fromEntries(Object.keys(expected).map((name) => [name, reply?.[name]]));
      assert.deepEqual(arrived, expected, what);
    }
  });

  it('may be a message that was received, with the names of its oneofs', async () => {
    const definition = await definitionOf();
    await using served = await echo(definition);
    const client = clientMaker(served.target)(definition);
    const once = await client['say']?.({ message: { broker_id: 1 }, maybe: 0, an_int64: '7' });
    assert.equal(once?.['choice'], 'message');
    assert.deepEqual(await client['say']?.(once), once);
  });

  it('that contains itself is refused', async () => {
    const definition = await definitionOf();
    await using served = await echo(definition);
    const inner: ProtoMessage = {};
    inner['deeper'] = inner;
    const client = clientMaker(served.target)(definition);
    await assert.rejects(
      async () => await client['say']?.({ inner }),
      /at most 100 messages within each other/,
    );
  });

  it('in a stream ends the call with the same error', async () => {
    const definition = await definitionOf();
    await using served = await echo(definition);
    const client = clientMaker(served.target)(definition);
    const replies = client['sayAll']?.([{ an_int32: 1 }, { anInt32: 2 }]);
    await assert.rejects(async () => {
      for await (const reply of replies ?? []) assert.equal(reply['an_int32'], 1);
    }, /no field "anInt32"; did you mean an_int32\?/);
  });

  it('may be nothing where the message has no fields', async () => {
    const definition = await definitionOf();
    await using served = await echo(definition);
    const client = clientMaker(served.target)(definition);
    assert.deepEqual(await client['nothing']?.(undefined as unknown as ProtoMessage), {});
    await assert.rejects(async () => await client['nothing']?.({ any: 1 }), /no field "any"/);
  });

  it('has the field names of the definition: those of proto-loader in camel case', async () => {
    await using files = await writeProto({ 'all.proto': proto, 'other.proto': other });
    const definitions = await loadByProtoLoader(files.path('all.proto'), { defaults: true });
    const definition = definitions['all.Echo'] as unknown as DynamicService;
    await using served = await echo(definition);
    const client = clientMaker(served.target)(definition);
    const reply = await client['say']?.({
      anInt32: 5,
      inner: { brokerId: 6 },
      byName: { a: { brokerId: 7 } },
    });
    assert.equal(reply?.['anInt32'], 5);
    await assert.rejects(
      async () => await client['say']?.({ inner: { broker_id: 6 } }),
      /did you mean brokerId\?/,
    );
  });

  it('is checked against what a plugin says of itself', async () => {
    const definition = await definitionOf();
    await using described = await serveToTarget([
      ...reflectionServices(() => [definition]),
      service(definition, { say: (request: ProtoMessage) => request }),
    ]);
    const found = await reflection(described.target, 'the plugin').service('all.Echo');
    const client = clientMaker(described.target)(found);
    for (const [what, request, place] of wrong.filter(([, { packed }]) => packed === undefined)) {
      await assert.rejects(
        async () => await client['say']?.(request),
        (error) => error instanceof InvalidOptionError && error.option === place,
        what,
      );
    }
  });

  it('of generated code is left to its own serializers', async () => {
    const method = {
      path: '/all.Echo/Say',
      requestStream: false,
      responseStream: false,
      requestSerialize: (value: ProtoMessage) => Buffer.from(JSON.stringify(value)),
      requestDeserialize: (bytes: Buffer) => JSON.parse(bytes.toString()) as ProtoMessage,
      responseSerialize: (value: ProtoMessage) => Buffer.from(JSON.stringify(value)),
      responseDeserialize: (bytes: Buffer) => JSON.parse(bytes.toString()) as ProtoMessage,
    };
    await using served = await serveToTarget([
      service({ Say: method }, { say: (request: ProtoMessage) => request }),
    ]);
    const client = clientMaker(served.target)({ Say: method } as DynamicService);
    assert.deepEqual(await client['say']?.({ whatever: [1] }), { whatever: [1] });
  });
});

describe('a reply', limits, () => {
  it('that is wrong is an INTERNAL error for the caller, and a warning for the author', async () => {
    const definition = await definitionOf();
    await using served = await serveToTarget([
      service(definition, {
        say: () => ({ inner: { brokerId: 1 } }),
        sayAll: async function* () {
          yield await Promise.resolve({ colour: 'BLUE' });
        },
      }),
    ]);
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    try {
      const client = clientMaker(served.target)(definition);
      const refused = (words: RegExp) => (error: unknown) => {
        assert.ok(error instanceof PluginCallError);
        assert.equal(error.status, 'INTERNAL');
        assert.match(error.details, words);
        return true;
      };
      const words =
        /\/all\.Echo\/Say answers with a wrong message: reply\.inner: has no field "brokerId"; did you mean broker_id\?/;
      await assert.rejects(async () => await client['say']?.({}), refused(words));
      await assert.rejects(async () => await client['say']?.({}), refused(words));
      await assert.rejects(
        async () => {
          for await (const reply of client['sayAll']?.([]) ?? []) assert.fail(JSON.stringify(reply));
        },
        refused(/reply\.colour: the field "colour" of the reply takes one of/),
      );
      const said = warnings.map(({ name, message }) => `${name}: ${message}`);
      assert.equal(said.length, 2, said.join('\n'));
      assert.match(said[0] ?? '', new RegExp(`^BulkheadWarning: the implementation of ${words.source}`));
    } finally {
      process.off('warning', listen);
    }
  });
});

test('a plugin of serve() that answers wrongly tells its author on stderr', limits, async (t) => {
  const source = `
    import { loadProto, serve, service } from ${JSON.stringify(new URL('../../src/goplugin/index.ts', import.meta.url).href)};
    const services = await loadProto(${JSON.stringify(fileURLToPath(new URL('../plugins/proto/kv.proto', import.meta.url)))});
    const kv = service(services['proto.KV'], { get: () => ({ val: Buffer.from('x') }), put: () => {} });
    await serve({ handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' }, services: [kv] });
  `;
  await leavingNothing(t, async ({ start }) => {
    let tell: (message: string) => void = () => undefined;
    const hear = (text: string): void => {
      if (text.includes('BulkheadWarning')) tell(text);
    };
    const told = new Promise<string>((resolve) => (tell = resolve));
    await using plugin = await start(
      process.execPath,
      [...typescriptArgs, '--input-type=module', '--eval', source],
      {
        onLog: ({ message }) => {
          hear(message);
        },
        onOutput: ({ data }) => {
          hear(Buffer.from(data).toString());
        },
      },
    );
    const client = plugin.client<KvClient>(await kv());
    await assert.rejects(
      client.get({ key: 'a' }),
      (error) => error instanceof PluginCallError && error.status === 'INTERNAL',
    );
    assert.match(
      await told,
      /proto\.KV\/Get answers with a wrong message: reply: has no field "val"; did you mean value\?/,
    );
    assert.deepEqual(await client.put({ key: 'a', value: Buffer.alloc(0) }), {}); // it has no fields to answer with
  });
});

test('a brokered service that answers wrongly is told to its author too', limits, async (t) => {
  const [counterService, helper] = [await counter(), await addHelper()];
  await leavingNothing(t, async ({ startFixture }) => {
    await using plugin = await startFixture();
    await using offer = await plugin.broker.serve([service(helper, { sum: () => ({ result: 1 }) })]);
    const client = plugin.client(counterService);
    await assert.rejects(
      async () => await client['put']?.({ add_server: offer.id, key: 'a', value: 1 }),
      (error) => error instanceof PluginCallError && error.details.includes('no field "result"'),
    );
    await assert.rejects(
      async () => await client['put']?.({ addServer: offer.id, key: 'a', value: 1 }),
      /no field "addServer"; did you mean add_server\?/,
    );
  });
});

test('protobuf.js itself would send something else', limits, async () => {
  // These are the reasons for the checks: when one of them fails, its check may go.
  const definition = await definitionOf();
  const say = definition['Say'];
  assert.ok(say);
  const sent = (message: ProtoMessage): ProtoMessage => say.requestDeserialize(say.requestSerialize(message));
  assert.equal(sent({ anInt32: 1 })['an_int32'], 0);
  assert.equal(sent({ an_int32: '2147483648' })['an_int32'], -2147483648);
  assert.equal(sent({ a_bool: 'false' })['a_bool'], true);
  assert.deepEqual(sent({ by_truth: { false: 'x' } })['by_truth'], { true: 'x' });
  assert.deepEqual(sent({ some_bytes: new ArrayBuffer(2) })['some_bytes'], Buffer.alloc(0));
});
