/** What a received message may become when it is decoded: no more values than a limit, at whatever depth they stand. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InvalidOptionError } from '../../src/errors.ts';
import { loadProto, type LoadProtoOptions, type MethodShape } from '../../src/goplugin/index.ts';
import { limits } from '../../src/goplugin/limits.ts';

const nested = new URL('../security/nested.proto', import.meta.url).pathname;

describe('decoding', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decoding-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function methodOf(options: LoadProtoOptions = {}, path = nested): Promise<MethodShape> {
    const [service] = Object.values(await loadProto(path, options));
    const method = service?.['Get'];
    assert.ok(method);
    return method;
  }

  /** A message with so many items in its list: each is two values, its number and its length, beside two of the message. */
  const items = (count: number): Buffer =>
    Buffer.from([0x0a, 2 * count, ...Array.from({ length: count }, () => [0x0a, 0x00]).flat()]);
  const numbers = (count: number): Buffer =>
    Buffer.from([0x0a, 2 + count, 0x12, count, ...Array.from({ length: count }, () => 7)]);

  it('counts messages within a message, and numbers of a packed list', async () => {
    const method = await methodOf({ maxValues: 42 });
    const read = (bytes: Buffer): { lists: { items: unknown[]; numbers: string[] } } =>
      method.responseDeserialize(bytes) as never;
    assert.equal(read(items(20)).lists.items.length, 20);
    assert.deepEqual(read(items(20)).lists.items[0], { name: '', value: '', more: {} });
    assert.throws(
      () => read(items(21)),
      /a message becomes more values, and the limit valuesOfMessage is 42/,
    );
    assert.equal(read(numbers(38)).lists.numbers.length, 38);
    assert.throws(() => read(numbers(39)), /limit valuesOfMessage/);
  });

  it('counts requests of a plugin as it counts its replies', async () => {
    const path = join(folder, 'asking.proto');
    await writeFile(
      path,
      'syntax = "proto3"; service S { rpc Get(M) returns (M); } message M { repeated bool b = 1; }',
    );
    const method = await methodOf({ maxValues: 10 }, path);
    const list = (count: number): Buffer => Buffer.from([0x0a, count, ...Buffer.alloc(count, 1)]);
    for (const decode of [method.requestDeserialize, method.responseDeserialize]) {
      assert.deepEqual(decode(list(8)), { b: Array.from({ length: 8 }, () => true) });
      assert.throws(() => decode(list(9)), /limit valuesOfMessage/);
    }
  });

  it('takes what is at the limit by default, and less of a message with many fields', async () => {
    const { value: most } = limits.valuesOfMessage;
    const packed = (count: number): Buffer => {
      const length = Buffer.from(
        [count & 127, (count >> 7) & 127, count >> 14].map((byte, at) => (at < 2 ? byte | 128 : byte)),
      );
      return Buffer.concat([Buffer.from([0x0a]), length, Buffer.alloc(count, 1)]);
    };
    const fields = (count: number): string =>
      Array.from({ length: count }, (_, at) => `string f${at} = ${at + 2};`).join(' ');
    for (const [others, share] of [
      [0, 1],
      [100, 7],
    ] as const) {
      const path = join(folder, `wide-${others}.proto`);
      const text = `syntax = "proto3"; service S { rpc Get(M) returns (M); } message M { repeated bool b = 1; ${fields(others)} }`;
      await writeFile(path, text);
      const limit = Math.floor(most / share);
      const method = await methodOf({}, path);
      const { b } = method.responseDeserialize(packed(limit - 2)) as { b: boolean[] };
      assert.equal(b.length, limit - 2);
      assert.throws(() => method.responseDeserialize(packed(limit - 1)), /limit valuesOfMessage/);
      const unlimited = await methodOf({ maxValues: 'unlimited' }, path);
      unlimited.responseDeserialize(packed(limit - 1));
    }
  });

  it('refuses a limit that is none', async () => {
    for (const maxValues of [0, -1, 1.5, Number.NaN, 'many' as 'unlimited']) {
      await assert.rejects(loadProto(nested, { maxValues }), InvalidOptionError);
    }
  });
});
