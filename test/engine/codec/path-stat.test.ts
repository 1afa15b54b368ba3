import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parsePathStat } from '../../../src/engine/codec/path-stat.ts';

describe('the description of a path', () => {
  test('is read as Docker writes it', () => {
    const stat = {
      name: 'sh',
      size: 7,
      mode: 134218239,
      mtime: '2026-01-02T03:04:05Z',
      linkTarget: '/bin/busybox',
    };
    assert.deepEqual(parsePathStat(encode(stat)), {
      name: 'sh',
      sizeBytes: 7,
      mode: 0o777,
      kind: 'symlink',
      modifiedAt: new Date('2026-01-02T03:04:05Z'),
      linkTarget: '/bin/busybox',
    });
  });

  test('has no link target for a plain file, though Podman gives one', () => {
    const stat = {
      name: 'f',
      size: 1,
      mode: 0o644,
      mtime: '2026-01-02T03:04:05Z',
      linkTarget: '/f',
      isDir: false,
    };
    assert.equal(parsePathStat(encode(stat)).linkTarget, '');
  });

  test("turns Go's bits into those of chmod", () => {
    const kindAndMode = (mode: number) => {
      const { kind, mode: permissions } = parsePathStat(encode({ name: 'x', size: 0, mode, mtime: '' }));
      return [kind, permissions.toString(8)];
    };
    assert.deepEqual(kindAndMode(0o755), ['file', '755']);
    assert.deepEqual(kindAndMode(2147484141 /* directory, 0755 */), ['directory', '755']);
    assert.deepEqual(kindAndMode(2148532735 /* directory, sticky, 0777 */), ['directory', '1777']);
    assert.deepEqual(kindAndMode(8389101 /* set-user-id, 0755 */), ['file', '4755']);
    assert.deepEqual(kindAndMode(69206454 /* character device, 0666 */), ['other', '666']);
  });

  test('that is none is refused, and nothing else is thrown', () => {
    for (const bad of [
      '',
      'undefined',
      '%%%',
      encode(null),
      encode([]),
      encode({ name: 'x' }),
      encode('x'),
    ]) {
      assert.throws(() => parsePathStat(bad), SyntaxError, bad);
    }
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => Buffer.from(json).toString('base64')),
        ),
        (header) => {
          try {
            parsePathStat(header);
          } catch (error) {
            assert.ok(error instanceof SyntaxError);
          }
        },
      ),
    );
  });
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}
