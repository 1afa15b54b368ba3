/** Containers that an engine did not remove at first are removed when it does, each by itself. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { it } from 'node:test';
import { expectsAt, removeWhenMade } from '../../src/container/index.ts';
import { connectEngine, NotFoundError } from '../../src/engine/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { busyboxArchive, ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';

const body = JSON.stringify({ message: 'the storage is busy', cause: 'made up', response: 500 });
const refusal = Buffer.from(
  `HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);
const [socketPath] = loadEngines()
  .filter(({ suite, rootless }) => suite === 'host' && !rootless)
  .flatMap(({ services }) => services.map(({ socket }) => socket));
const skip = noBusybox ?? (socketPath === undefined ? noEngines : false);

it(
  'one container that an engine does not remove keeps no other from its removal',
  { skip, timeout: 60_000 },
  async () => {
    assert.ok(socketPath !== undefined);
    await using engine = await connectEngine({ socketPath });
    await ensureTestImage(engine);
    const create = async (): Promise<string> =>
      (await engine.containers.create({ image: testImage, network: 'none' })).id;
    const [kept, other] = [await create(), await create()];
    const isKept = ({ method, target }: { method: string; target: string }) =>
      method === 'DELETE' && target.includes(kept);
    await using proxy = await startFaultProxy({
      target: socketPath,
      fault: (request) =>
        isKept(request) ? { kind: 'replace', bytes: refusal, asked: false } : { kind: 'none' },
    });
    const removals = new EventEmitter();
    const removeLate = (name: string) => {
      let tries = 0;
      // What has to be done after it may fail at first too, as the removal of a folder that the engine still holds.
      const removed = async () => {
        tries += 1;
        if (tries === 1) return Promise.reject(new Error('the folder is busy'));
        return Promise.resolve(void removals.emit(name));
      };
      removeWhenMade(proxy, { kind: 'container', name, made: true, removed });
      return once(removals, name);
    };
    const keptRemoved = removeLate(kept);
    await removeLate(other);
    await assert.rejects(engine.containers.inspect(other), NotFoundError);
    proxy.fault = { kind: 'none' };
    await keptRemoved;
    while (expectsAt(proxy.socketPath)) await new Promise(setImmediate);
  },
);

it(
  'the folder of a container that the engine does not have goes at once, and the container when it is made after all',
  { skip, timeout: 60_000 },
  async () => {
    assert.ok(socketPath !== undefined);
    await using engine = await connectEngine({ socketPath });
    await ensureTestImage(engine);
    const name = `bulkhead-late-${process.pid}`;
    let calls = 0;
    const folder = new EventEmitter();
    const isGone = once(folder, 'gone');
    const removed = () => {
      calls += 1;
      return Promise.resolve(void folder.emit('gone'));
    };
    // The proxy has an address of its own, which the tests beside this one don't wait for.
    await using proxy = await startFaultProxy({ target: socketPath });
    removeWhenMade(proxy, { kind: 'container', name, removed });
    await isGone;
    assert.ok(expectsAt(proxy.socketPath), 'the engine may still make it');
    await engine.containers.create({ name, image: testImage, network: 'none' });
    while (expectsAt(proxy.socketPath)) await new Promise(setImmediate);
    await assert.rejects(engine.containers.inspect(name), NotFoundError);
    assert.equal(calls, 1);
  },
);

for (const { name, services } of loadEngines().filter(
  ({ suite, rootless }) => suite === 'host' && !rootless,
)) {
  it(
    `an image that is loaded late is removed from ${name}`,
    { skip: noBusybox ?? false, timeout: 60_000 },
    async () => {
      const [service] = services;
      assert.ok(service !== undefined);
      await using engine = await connectEngine({ socketPath: service.socket });
      await using proxy = await startFaultProxy({ target: service.socket });
      const tag = `localhost/bulkhead-late:${process.pid}`;
      removeWhenMade(proxy, { kind: 'image', name: tag });
      await engine.images.load(await busyboxArchive(tag));
      while (expectsAt(proxy.socketPath)) await new Promise(setImmediate);
      await assert.rejects(engine.images.inspect(tag), NotFoundError);
    },
  );
}
