/** Archives of images made by somebody who wants to take the reader down, or to make it say something wrong. */
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { TreeCount } from '../../src/compatibility/image/layer-tree.ts';
import { ImageLimitError, imageLimits } from '../../src/compatibility/image/limits.ts';
import { readImageArchive, type Wanted } from '../../src/compatibility/image/read-archive.ts';
import { UnpackBudget } from '../../src/compatibility/image/unpack.ts';
import {
  inPieces,
  paxHeader,
  rawArchive,
  rawEntry,
  rawHeader,
  rawTar,
  streamedArchive,
  tarEnd,
} from './raw-tar.ts';

const wanted: Wanted = { texts: ['etc/passwd'], programs: ['plugin'] };
const script = '#!/bin/sh\n';
const plugin = rawEntry({ name: 'plugin' }, script);

const read = (...layers: readonly Uint8Array[]) => readImageArchive(inPieces(rawArchive(...layers)), wanted);
const readTar = (...parts: readonly Uint8Array[]) => readImageArchive(inPieces(rawTar(...parts)), wanted);

describe('a number in a tar that is no size', () => {
  for (const size of ['1.5', '0.5', '-512', '1e3', '0x10', ' 5', 'NaN', '9'.repeat(17), '9007199254740993']) {
    it(`is refused: ${JSON.stringify(size)} in a PAX record`, { timeout: 10_000 }, async () => {
      await assert.rejects(read(rawTar(paxHeader({ size }), plugin)), SyntaxError);
    });
  }

  for (const [what, field] of [
    ['negative', Buffer.from('fffffffffffffffffffffe00', 'hex')],
    ['of 95 bits', Buffer.from('bfffffffffffffffffffffff', 'hex')],
    ['above 2^53', Buffer.from('800000000020000000000001', 'hex')],
  ] as const) {
    it(`is refused: ${what} in base 256`, { timeout: 10_000 }, async () => {
      await assert.rejects(read(rawTar(rawEntry({ name: 'x', sizeField: field }), plugin)), SyntaxError);
    });
  }
});

describe('an entry of a layer means what it means to an engine', () => {
  it('where a link names a size: nothing behind it is hidden', async () => {
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      const index = await read(rawTar(rawHeader({ name: 'x', type, size: 512, linkName: 'y' }), plugin));
      assert.equal(index.resolve('/plugin')?.file.program?.kind, 'script', type);
    }
  });

  it('where two sets of PAX records stand before it: the second counts alone', async () => {
    const index = await read(
      rawTar(
        paxHeader({ path: 'a', size: '3' }),
        paxHeader({ path: 'plugin' }),
        rawEntry({ name: 'b' }, script),
      ),
    );
    assert.equal(index.resolve('/plugin')?.file.size, script.length);
  });

  it('where GNU and PAX give it a name each: that of GNU counts', async () => {
    const index = await read(
      rawTar(
        rawEntry({ name: 'l', type: 'L' }, 'plugin\0'),
        paxHeader({ path: 'other' }),
        rawEntry({ name: 'x' }, script),
      ),
    );
    assert.equal(index.resolve('/plugin')?.file.program?.kind, 'script');
    assert.equal(index.resolve('/other'), undefined);
  });

  it('where a global header names it: it does not count', async () => {
    const index = await read(rawTar(paxHeader({ path: 'other' }, 'g'), plugin));
    assert.equal(index.resolve('/plugin')?.file.program?.kind, 'script');
  });

  it('where a file of an upper layer stands in the place of a folder', async () => {
    const index = await read(
      rawTar(rawEntry({ name: 'bin/plugin' }, script)),
      rawTar(rawEntry({ name: 'bin' }, 'x')),
    );
    assert.equal(index.resolve('/bin/plugin'), undefined);
  });

  it('where a layer lies twice in the image, and takes away what it has itself', async () => {
    const layer = rawTar(rawEntry({ name: 'd/.wh..wh..opq' }), rawEntry({ name: 'd/plugin' }, script));
    const index = await readTar(
      rawEntry({ name: 'l.tar' }, layer),
      rawEntry({ name: 'manifest.json' }, JSON.stringify([{ Layers: ['l.tar', 'l.tar'] }])),
    );
    assert.equal(index.resolve('/d/plugin')?.file.program?.kind, 'script');
  });

  it('or the image is not read: holes, ways out of the image, names with zero bytes', async () => {
    const entries = [
      rawEntry({ name: 'plugin', type: 'S' }, script),
      Buffer.concat([paxHeader({ 'GNU.sparse.name': 'plugin', 'GNU.sparse.realsize': '1' }), plugin]),
      rawEntry({ name: '../plugin' }, script),
      rawEntry({ name: 'a/../../plugin' }, script),
      rawEntry({ name: 'a', type: '1', linkName: '../../etc/shadow' }),
      Buffer.concat([paxHeader({ path: 'plug\0in' }), plugin]),
    ];
    for (const entry of entries) await assert.rejects(read(rawTar(entry)), SyntaxError);
  });
});

describe('what an image has too much of is refused by the name of the limit', () => {
  const manifest = (layers: readonly string[]) =>
    rawEntry({ name: 'manifest.json' }, JSON.stringify([{ Layers: layers }]));
  const many = (count: number, part: (index: number) => Uint8Array) =>
    Buffer.concat(Array.from({ length: count }, (_, index) => part(index)));
  const attacks: Readonly<Record<string, () => Promise<unknown>>> = {
    pathBytes: () => read(rawTar(rawEntry({ name: 'l', type: 'L' }, 'a/'.repeat(3000)), plugin)),
    extensionBytes: () => read(rawTar(rawHeader({ name: 'l', type: 'L', size: 2 ** 31 }), plugin)),
    extensionHeaders: () =>
      read(
        rawTar(
          many(1000, (index) => paxHeader({ [`key${index}`]: 'x' })),
          plugin,
        ),
      ),
    layers: () => readTar(rawEntry({ name: 'l' }), manifest(Array<string>(100_000).fill('l'))),
    textBytes: () => readTar(rawEntry({ name: 'manifest.json' }, '['.repeat(2 << 20))),
    archiveEntries: () => readTar(many(17_000, (index) => rawHeader({ name: `${index}` }))),
    programs: () => read(rawTar(many(1100, (index) => rawEntry({ name: `${index}/plugin` }, script)))),
    entries: () => {
      const layer = rawEntry(
        { name: 'l.tar' },
        rawTar(many(3000, (index) => rawHeader({ name: `${index}` }))),
      );
      return readTar(layer, manifest(Array<string>(1000).fill('l.tar')));
    },
    searchSteps: async () => {
      const index = await read(rawTar(rawEntry({ name: 'a', type: '2', linkName: '.' }), plugin));
      for (let tried = 0; tried < 10_000; tried += 1) index.resolve(`${'/a'.repeat(40)}/plugin`);
    },
    files: () =>
      counted((count) => {
        count.file();
      }),
    nameBytes: () =>
      counted((count) => {
        count.entry('x'.repeat(4096), '');
      }),
    unpackedBytes: () =>
      Promise.resolve().then(() => {
        new UnpackBudget().addPlain(65 * 2 ** 30);
      }),
    unpackedRatio: () =>
      Promise.resolve().then(() => {
        const budget = new UnpackBudget();
        budget.addPacked(6 << 20);
        budget.addUnpacked(6 * 2 ** 30);
      }),
  };
  for (const [name, attack] of Object.entries(attacks)) {
    it(name, { timeout: 60_000 }, async () => {
      await assert.rejects(
        attack(),
        (error) => error instanceof ImageLimitError && error.message.includes(`(${name})`),
      );
    });
  }

  async function counted(add: (count: TreeCount) => void): Promise<void> {
    const count = new TreeCount();
    for (let done = 0; done <= imageLimits.files.most; done += 1) add(count);
    return Promise.resolve();
  }

  it('and a list of accounts that is too long is not taken for an empty one', async () => {
    const index = await read(rawTar(rawEntry({ name: 'etc/passwd' }, 'a:x:0:0\n'.repeat(150_000)), plugin));
    assert.match(index.resolve('/etc/passwd')?.file.unread ?? '', /textBytes/);
  });

  it('and file capabilities of a wrong length are not taken for none', async () => {
    for (const length of [0, 11, 13, 19, 21, 64]) {
      const value = Buffer.alloc(length);
      if (length > 3) value[3] = 2;
      const records = paxHeader({ 'SCHILY.xattr.security.capability': value.toString('latin1') });
      const index = await read(rawTar(records, plugin));
      assert.match(index.resolve('/plugin')?.file.unread ?? '', /security\.capability/, `${length} bytes`);
    }
  });
});

describe('other work of the process goes on', () => {
  /** Longer than any slice, and far shorter than the fifteen seconds that it was. */
  const longestStandstillMs = 2000;

  async function standstillOf(work: () => Promise<unknown>): Promise<number> {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await work();
    await new Promise((resolve) => setTimeout(resolve, 20)); // the last standstill is seen by the next tick
    delay.disable();
    return delay.max / 1e6;
  }

  it('while 40,000 files are taken away one by one', { timeout: 120_000 }, async () => {
    const files: Buffer[] = [];
    const gone: Buffer[] = [];
    for (let index = 0; index < 40_000; index += 1) {
      files.push(rawHeader({ name: `d/f${index}` }));
      gone.push(rawHeader({ name: `d/.wh.f${index}` }));
    }
    const archive = rawArchive(rawTar(...files), rawTar(...gone));
    const standstill = await standstillOf(async () => {
      const index = await readImageArchive(inPieces(archive), wanted);
      assert.equal(index.resolve('/d/f39999'), undefined);
    });
    assert.ok(standstill < longestStandstillMs, `${standstill} ms`);
  });

  it('while 4,000 libraries are looked for among 100,000 files', { timeout: 120_000 }, async () => {
    const layer = rawTar(
      Buffer.concat(Array.from({ length: 100_000 }, (_, index) => rawHeader({ name: `lib/f${index}` }))),
    );
    const archive = rawArchive(layer);
    const standstill = await standstillOf(async () => {
      const index = await readImageArchive(inPieces(archive), wanted);
      for (let name = 0; name < 4000; name += 1) assert.equal(index.hasName(`lib${name}.so`), false);
    });
    assert.ok(standstill < longestStandstillMs, `${standstill} ms`);
  });
});

describe('an abort', () => {
  it('ends the reading at once, while the engine sends nothing', { timeout: 10_000 }, async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield rawHeader({ name: '0/layer.tar', size: 1 << 20 });
      setImmediate(() => {
        abort.abort(reason);
      });
      await new Promise(() => undefined); // for ever
    }
    await assert.rejects(readImageArchive(silent(), wanted, { signal: abort.signal }), reason);
  });

  it('ends the reading of an image whose bytes never end', { timeout: 60_000 }, async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield rawHeader({ name: 'plugin', sizeField: Buffer.from('800000000000100000000000', 'hex') });
      const piece = Buffer.alloc(64 * 1024, 1);
      for (;;) yield await Promise.resolve(piece); // never lets go of the event loop by itself
    }
    setTimeout(() => {
      abort.abort(reason);
    }, 50);
    await assert.rejects(
      readImageArchive(streamedArchive(2 ** 45, endless()), wanted, { signal: abort.signal }),
      reason,
    );
  });
});

describe('a layer that was packed', () => {
  it('is measured by itself: layers that were not packed neither count for nor against it', () => {
    const budget = new UnpackBudget();
    budget.addPlain(30 * 2 ** 30);
    budget.addPacked(1 << 20);
    budget.addUnpacked(10 << 20);
    budget.addUnpacked(4 * 2 ** 30 - (10 << 20));
    assert.throws(() => {
      budget.addUnpacked(1 << 30);
    }, /unpackedRatio/);
  });

  const layer = rawTar(plugin);

  it('is read where it is packed in several members', async () => {
    const index = await read(
      Buffer.concat([gzipSync(layer.subarray(0, 700)), gzipSync(layer.subarray(700))]),
    );
    assert.equal(index.resolve('/plugin')?.file.program?.kind, 'script');
  });

  it('is refused by an error of its own, wherever it is cut', async () => {
    const packed = gzipSync(layer);
    for (let cut = 4; cut < packed.length; cut += 3)
      await assert.rejects(read(packed.subarray(0, cut)), SyntaxError, `${cut}`);
  });

  it('is refused where the manifest is JSON and no manifest', async () => {
    for (const text of ['{}', '[]', 'null', '[{"Layers":{}}]', '[{"Layers":[1]}]', '['.repeat(100_000)]) {
      await assert.rejects(
        readTar(rawEntry({ name: 'manifest.json' }, text)),
        SyntaxError,
        text.slice(0, 20),
      );
    }
  });
});

it('an image of a gibibyte that ends nowhere is refused when it is cut', { timeout: 60_000 }, async () => {
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(
      Buffer.concat([rawHeader({ name: '0/layer.tar', size: 2 ** 30 }), tarEnd.subarray(0, 512)]),
    );
  }
  await assert.rejects(readImageArchive(cut(), wanted), SyntaxError);
});
