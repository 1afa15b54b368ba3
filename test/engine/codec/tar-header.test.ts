import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import tar from 'tar-stream';
import { parsePaxRecords, parseTarHeader, tarBlockSize } from '../../../src/engine/codec/tar-header.ts';

describe('tar headers', () => {
  test('are read as another program writes them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          name: fc.stringMatching(/^[a-z0-9.-]{1,60}$/).filter((name) => !/^\.+$/.test(name)),
          mode: fc.integer({ min: 1, max: 0o7777 }), // 0 is "not given" to the writer
          uid: fc.nat({ max: 0o777777 }),
          gid: fc.nat({ max: 0o777777 }),
          mtime: fc.nat({ max: 2_000_000_000 }),
          content: fc.uint8Array({ maxLength: 600 }),
        }),
        async ({ name, mode, uid, gid, mtime, content }) => {
          const pack = tar.pack();
          pack.entry({ name, mode, uid, gid, mtime: new Date(mtime * 1000) }, Buffer.from(content));
          pack.finalize();
          const header = parseTarHeader(await buffer(pack));
          assert.deepEqual(header, {
            name,
            mode,
            uid,
            gid,
            size: content.length,
            modifiedAt: mtime,
            type: '0',
            hasNoType: false,
            linkName: '',
          });
        },
      ),
    );
  });

  test('tell folders and links apart, and join long names', async () => {
    const deep = `${'d'.repeat(90)}/${'f'.repeat(90)}`;
    const pack = tar.pack();
    pack.entry({ name: 'folder', type: 'directory' });
    pack.entry({ name: 'link', type: 'symlink', linkname: 'folder/x' });
    pack.entry({ name: deep }, 'x');
    pack.finalize();
    const bytes = await buffer(pack);
    const headers = [0, 1, 2].map((i) => parseTarHeader(bytes.subarray(i * tarBlockSize)));
    assert.deepEqual(
      headers.map((header) => [header?.name, header?.type, header?.linkName]),
      [
        ['folder', '5', ''],
        ['link', '2', 'folder/x'],
        [deep, '0', ''],
      ],
    );
  });

  test('end with a block of zeros', () => {
    assert.equal(parseTarHeader(new Uint8Array(tarBlockSize)), undefined);
  });

  test('are not seen in anything else', () => {
    assert.throws(() => parseTarHeader(Buffer.alloc(tarBlockSize, 'not a tar')), SyntaxError);
    assert.throws(() => parseTarHeader(Buffer.alloc(100)), SyntaxError);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: tarBlockSize, maxLength: tarBlockSize }), (block) => {
        assert.throws(() => parseTarHeader(block), SyntaxError);
      }),
    );
  });

  test('give large sizes, which are written in base 256', () => {
    const block = header({ size: Buffer.from('80000000000000020000000000'.slice(0, 24), 'hex') });
    assert.equal(parseTarHeader(block)?.size, 2 ** 33);
  });
});

describe('PAX records', () => {
  test('are read as another program writes them, binary values among them', async () => {
    const capability = Buffer.from('0100000200400000000000000000000000000000', 'hex').toString('latin1');
    const pack = tar.pack();
    const pax = { 'SCHILY.xattr.user.note': 'grün', comment: 'a=b' };
    pack.entry({ name: 'f', pax } as tar.Headers, 'x'); // its types leave pax out
    pack.finalize();
    const bytes = await buffer(pack);
    const records = bytes.subarray(tarBlockSize, tarBlockSize + (parseTarHeader(bytes)?.size ?? 0));
    const values = new Map(
      [...parsePaxRecords(records)].map(([key, value]) => [key, Buffer.from(value).toString()]),
    );
    assert.equal(values.get('SCHILY.xattr.user.note'), 'grün');
    assert.equal(values.get('comment'), 'a=b');
    const binary = Buffer.from(record('SCHILY.xattr.security.capability', capability), 'latin1');
    assert.equal(
      Buffer.from(parsePaxRecords(binary).get('SCHILY.xattr.security.capability') ?? []).toString('latin1'),
      capability,
    );
  });

  test('that are none are refused, and nothing else is thrown', () => {
    for (const bad of ['x', '5 a=b', '99 a=b\n', '0 a=b\n', '6 a=bc', '5 abc\n', '-3 a=b\n']) {
      assert.throws(() => parsePaxRecords(Buffer.from(bad)), SyntaxError, bad);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parsePaxRecords(bytes);
        } catch (error) {
          assert.ok(error instanceof SyntaxError);
        }
      }),
    );
  });
});

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}

function header({ size }: { size: Buffer }): Buffer {
  const block = Buffer.alloc(tarBlockSize);
  block.write('big');
  size.copy(block, 124);
  block.write('ustar', 257);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
