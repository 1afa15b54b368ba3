/** `bulkhead call`, on a real engine: no .proto file, one call, and nothing left. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';
import { bulkhead } from './bulkhead.ts';

const limits = { timeout: 240_000 };
const cookie = ['-cookie=BASIC_PLUGIN=hello', '-runtime=runc'];

test('calls a plugin by what it says of itself, and prints the reply as JSON', limits, async (t) => {
  const found = await imageOnAnEngine(t);
  if (!found) return;
  const get = await callOn(found, ['Health/Check', '{"service":"plugin"}']);
  // A Go server describes even its own health service.
  assert.equal(get.status, 0, get.stderr);
  assert.deepEqual(JSON.parse(get.stdout), { status: 'SERVING' });
});

const misuses: readonly (readonly [what: string, args: readonly string[], status: number, said: RegExp])[] = [
  ['an unknown service', ['proto.Kv/Get'], 1, /REFLECTION_NO_SERVICE[\s\S]*proto\.KV/],
  ['an unknown method', ['KV/Gte'], 2, /no method Gte; did you mean Get\?/],
  ['an unknown field', ['KV/Get', '{"kye":"a"}'], 2, /no field "kye"; did you mean key\?/],
  ['a number for a text', ['KV/Get', '{"key":7}'], 2, /field "key" of the request takes a string/],
  [
    'bytes that are not base64',
    ['KV/Put', '{"key":"a","value":"!"}'],
    2,
    /takes bytes as a string of base64/,
  ],
  ['an array for one request', ['KV/Get', '[]'], 2, /not an array/],
  ['an error of the plugin', ['KV/Get', '{"key":"none"}'], 1, /PLUGIN_CALL_FAILED/],
];

for (const [what, args, status, said] of misuses) {
  test(`says what is wrong with ${what}`, limits, async (t) => {
    const found = await imageOnAnEngine(t);
    if (!found) return;
    const result = await callOn(found, args);
    assert.deepEqual([result.status, result.stdout], [status, ''], result.stderr);
    assert.match(result.stderr, said);
  });
}

const unasked: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [['x:1', 'Get'], /SERVICE\/METHOD must be like proto\.KV\/Get, not "Get"/],
  [['x:1', 'KV/Get', '{"key":'], /the request is not JSON/],
  [['x:1', 'KV/Get', '7'], /a request is a JSON object/],
];

for (const [args, said] of unasked) {
  test(`asks no engine about: ${args.join(' ')}`, limits, () => {
    const { status, stderr } = bulkhead(['call', ...args, ...cookie, '-engine=/nonexistent']);
    assert.equal(status, 2);
    assert.match(stderr, said);
  });
}

interface Found {
  readonly image: string;
  readonly socket: string;
  readonly engine: TestEngine;
}

async function callOn({ image, socket, engine }: Found, args: readonly string[]) {
  // A folder that the engine sees under the same path.
  await using parent = await ownSocketParent(engine);
  const environment = { TMPDIR: parent.path, TSX_DISABLE_CACHE: '1' };
  return bulkhead(['call', image, ...args, ...cookie, `-engine=${socket}`], environment);
}

async function imageOnAnEngine(t: TestContext): Promise<Found | undefined> {
  const engine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);
  const socket = engine?.services.find(({ runtime }) => runtime === 'runc')?.socket;
  if (engine === undefined || socket === undefined) {
    t.skip(noEngines);
    return undefined;
  }
  await using connection = await connectEngine({ socketPath: socket });
  const image = await loadFixture(connection, 'go-example-kv');
  if (image.skipped === undefined) return { image: image.tag, socket, engine };
  t.skip(image.skipped);
  return undefined;
}
