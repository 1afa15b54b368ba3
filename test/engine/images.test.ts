import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';

import {
  ConflictError,
  EngineOperationError,
  InvalidOptionError,
  NotFoundError,
  UnsupportedByEngineError,
  type Engine,
} from '../../src/engine/index.ts';
import { busyboxArchive, testImage } from './support/busybox-image.ts';
import { connectWithImage, createTestContainer, describeEngines } from './support/real-engines.ts';
import { tarOf } from './support/tar-of.ts';

const timeout = 60_000;

describeEngines('images', (real) => {
  test('are loaded from bytes, from a file and from a stream', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using image = uniqueImage(engine);
    const archive = await busyboxArchive(image.name);
    const messages: string[] = [];
    const onProgress = ({ message }: { message: string }) => messages.push(message);
    assert.deepEqual(await engine.images.load(archive, { onProgress }), { references: [image.name] });
    assert.ok(messages.some((message) => message.includes(image.name)));

    const folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
    try {
      await writeFile(join(folder, 'image.tar'), archive);
      assert.deepEqual(await engine.images.load(join(folder, 'image.tar')), { references: [image.name] });
    } finally {
      await rm(folder, { recursive: true });
    }
    assert.deepEqual(await engine.images.load(inPieces(archive)), { references: [image.name] });
  });

  test('are told apart from what is none, by us or by the engine', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const { images } = engine;
    await assert.rejects(images.load('/not/there.tar'), InvalidOptionError);
    await assert.rejects(images.load(import.meta.filename), InvalidOptionError, 'this file is no archive');
    await assert.rejects(images.load(Buffer.from('garbage')), InvalidOptionError);
    await assert.rejects(images.load(inPieces(Buffer.alloc(4096, 'g'))), EngineOperationError);
    const archive = await busyboxArchive(testImage);
    await assert.rejects(images.load(archive.subarray(0, archive.length / 2)), EngineOperationError);
  });

  test('fail to load with the error of their own source', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const archive = await busyboxArchive(testImage);
    const broken = new Error('the disk is gone');
    const source = (async function* () {
      yield await Promise.resolve(archive.subarray(0, 100_000));
      throw broken;
    })();
    await assert.rejects(engine.images.load(source), (error) => error === broken);
    assert.ok(await engine.images.inspect(testImage), 'and the engine still answers');
  });

  test('are inspected, listed and named', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using image = uniqueImage(engine);
    const original = await engine.images.inspect(testImage);
    assert.equal(original.os, 'linux');
    assert.deepEqual(original.config.cmd, ['/bin/sh']);
    assert.equal(original.config.labels['purpose'], 'test');
    assert.equal(original.layers.length, 1);

    await engine.images.tag(testImage, image.name);
    const named = await engine.images.inspect(image.name);
    assert.equal(named.id, original.id);
    assert.ok(named.tags.includes(image.name) && named.tags.includes(testImage));

    const listed = await engine.images.list({ filters: { label: ['purpose=test'] } });
    const found = listed.find(({ id }) => id === original.id);
    assert.ok(found, JSON.stringify(listed));
    assert.ok(found.tags.includes(image.name));
    assert.equal(found.labels['purpose'], 'test');

    assert.deepEqual(await engine.images.remove(image.name), [{ untagged: image.name }]);
    await assert.rejects(engine.images.inspect(image.name), NotFoundError);
    await assert.rejects(engine.images.remove(image.name), NotFoundError);
    await assert.rejects(engine.images.tag('localhost/never:1', 'localhost/other:1'), NotFoundError);
  });

  test('are listed while others come and go', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using image = uniqueImage(engine);
    const archive = await busyboxArchive(image.name, { unique: image.name });
    let working = true;
    const comeAndGo = async (): Promise<void> => {
      for (let round = 0; round < 15; round += 1) {
        await engine.images.load(archive);
        await engine.images.remove(image.name);
      }
    };
    const work = comeAndGo().finally(() => (working = false));
    const list = async (): Promise<void> => {
      while (working) assert.ok((await engine.images.list()).length > 0);
    };
    await Promise.all([work, list(), list()]);
  });

  test('are not removed while a container uses them', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using image = uniqueImage(engine);
    await engine.images.load(await busyboxArchive(image.name, { unique: image.name }));
    await using container = await createTestContainer(engine, 'true', { image: image.name });
    await assert.rejects(engine.images.remove(image.name), ConflictError);
    if (real.kind === 'podman' && engine.version < '5.6') {
      await assert.rejects(engine.images.remove(image.name, { force: true }), UnsupportedByEngineError);
    }
    assert.equal((await engine.containers.inspect(container.id)).state.status, 'created');
  });

  test('have a history, and survive a save and a load', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using image = uniqueImage(engine);
    await engine.images.load(await busyboxArchive(image.name, { unique: image.name }));
    const [step] = await engine.images.history(image.name);
    assert.equal(step?.createdBy, 'test');

    const { id } = await engine.images.inspect(image.name);
    const saved = await buffer(await engine.images.save(image.name));
    await engine.images.remove(image.name);
    await engine.images.load(saved);
    assert.equal((await engine.images.inspect(image.name)).id, id);
    await assert.rejects(
      async () => buffer(await engine.images.save('localhost/bulkhead-test/never:1')),
      (error) => error instanceof NotFoundError || error instanceof EngineOperationError,
    );
  });

  test('are built from a context, and the step that fails is told', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using image = uniqueImage(engine);
    const dockerfile = `FROM ${testImage}\nARG FLAVOUR\nLABEL flavour=$FLAVOUR\nCOPY file /file\n`;
    const context = await tarOf({ Containerfile: dockerfile, file: 'content' });
    const messages: string[] = [];
    const { id } = await engine.images.build(context, {
      tags: [image.name],
      dockerfile: 'Containerfile',
      buildArgs: { FLAVOUR: 'sweet' },
      labels: { more: 'yes' },
      network: 'none',
      onProgress: ({ message }) => messages.push(message),
    });
    const built = await engine.images.inspect(image.name);
    assert.equal(built.id, id);
    assert.equal(built.config.labels['flavour'], 'sweet');
    assert.equal(built.config.labels['more'], 'yes');
    assert.ok(messages.some((message) => message.includes('COPY file /file')));

    await assert.rejects(
      engine.images.build(await tarOf({ Dockerfile: `FROM ${testImage}\nCOPY missing /x\n` })),
      (error) => error instanceof EngineOperationError && error.message.includes('missing'),
    );
  });

  test('are pulled only when asked, and an unreachable registry is an error', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await assert.rejects(
      engine.images.pull('127.0.0.1:1/nobody/nothing:1', {
        credentials: { username: 'me', password: 'hush' },
      }),
      (error) => error instanceof EngineOperationError && !error.message.includes('hush'),
    );
  });

  test('that nothing uses can be pruned', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using image = uniqueImage(engine);
    const label = `unique=${image.name}`;
    await engine.images.load(await busyboxArchive(image.name, { unique: image.name }));
    assert.deepEqual((await engine.images.prune({ labels: [label] })).removed, [], 'it has a name');
    const { removed } = await engine.images.prune({ all: true, labels: [label] });
    assert.ok(
      removed.some(({ deleted }) => deleted !== undefined),
      JSON.stringify(removed),
    );
    await assert.rejects(engine.images.inspect(image.name), NotFoundError);
  });
});

/** A name for one test; the image is removed when it goes out of scope. */
function uniqueImage(engine: Engine): AsyncDisposable & { readonly name: string } {
  const name = `localhost/bulkhead-test/${randomUUID()}:1`;
  return {
    name,
    async [Symbol.asyncDispose]() {
      await engine.images.remove(name).catch((error: unknown) => {
        if (!(error instanceof NotFoundError) && !(error instanceof ConflictError)) throw error;
      });
    },
  };
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 60_000)
    yield await Promise.resolve(bytes.subarray(at, at + 60_000));
}
