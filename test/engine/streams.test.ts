import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConflictError,
  InvalidOptionError,
  UnsupportedByEngineError,
  type LogChunk,
} from '../../src/engine/index.ts';
import { connectWithImage, createTestContainer, describeEngines, readText } from './support/real-engines.ts';

const timeout = 60_000;

describeEngines('attach', (real) => {
  test('carries stdin both ways, and half-closes it', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'cat; echo end of input >&2', {
      openStdin: true,
      stdinOnce: true,
    });
    await using stream = await engine.containers.attach(container.id, { stdin: true });
    await engine.containers.start(container.id);
    await stream.stdin?.write('one\n');
    const reader = stream.stdout[Symbol.asyncIterator]();
    assert.equal(Buffer.from((await reader.next()).value as Uint8Array).toString(), 'one\n');
    await stream.stdin?.write(Buffer.alloc(100_000, 'x'));
    await stream.stdin?.end();
    const rest = await readText({ [Symbol.asyncIterator]: () => reader });
    assert.equal(rest.length, 100_000, 'what was written before the end has come back');
    assert.equal(await readText(stream.stderr), 'end of input\n');
    assert.deepEqual(await engine.containers.wait(container.id), { exitCode: 0 });
  });

  test('delivers megabytes on both streams without mixing or losing a byte', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const script = 'seq 1 200000 & seq 1 200000 >&2; wait';
    await using container = await createTestContainer(engine, script, { logDriver: 'none' });
    await using stream = await engine.containers.attach(container.id);
    await engine.containers.start(container.id);
    const [stdout, stderr] = await Promise.all([readText(stream.stdout), readText(stream.stderr)]);
    const expected = Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join('');
    assert.ok(stdout === expected, 'stdout');
    assert.ok(stderr === expected, 'stderr');
  });

  test(
    'makes the container wait when nobody reads, and goes on when somebody does',
    { timeout },
    async () => {
      await using engine = await connectWithImage(real);
      const script = 'dd if=/dev/zero bs=65536 count=160 2>/dev/null; echo done >&2';
      await using container = await createTestContainer(engine, script, { logDriver: 'none' });
      await using stream = await engine.containers.attach(container.id, { bufferBytes: 65_536 });
      await engine.containers.start(container.id);
      // The ten megabytes fit into no buffer on the way: it is stuck in the middle of them.
      const { running } = (await engine.containers.inspect(container.id)).state;
      assert.equal(running, true);
      let size = 0;
      for await (const piece of stream.stdout) size += piece.length;
      assert.equal(size, 160 * 65_536);
      assert.equal(await readText(stream.stderr), 'done\n');
    },
  );

  test('throws a stream away when its reader leaves, so that the other goes on', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const script = 'dd if=/dev/zero bs=65536 count=160 2>/dev/null; echo done >&2';
    await using container = await createTestContainer(engine, script, { logDriver: 'none' });
    await using stream = await engine.containers.attach(container.id, { bufferBytes: 65_536 });
    await engine.containers.start(container.id);
    for await (const _ of stream.stdout) break;
    assert.equal(await readText(stream.stderr), 'done\n');
  });

  test('gives all output of a terminal as stdout', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'echo out; echo err >&2', { tty: true });
    await using stream = await engine.containers.attach(container.id);
    await engine.containers.start(container.id);
    assert.equal(await readText(stream.stdout), 'out\r\nerr\r\n');
    assert.equal(await readText(stream.stderr), '');
  });

  test('gives only the stream that was asked for', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'echo out; echo err >&2');
    await using stream = await engine.containers.attach(container.id, { stdout: false });
    await engine.containers.start(container.id);
    assert.equal(await readText(stream.stderr), 'err\n');
    assert.equal(await readText(stream.stdout), '');
  });

  test('that is closed, or aborted, leaves the container running', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'while echo tick; do sleep 0.05; done', {
      logDriver: 'none',
    });
    const first = await engine.containers.attach(container.id);
    await engine.containers.start(container.id);
    first.close();
    await first.ended;
    assert.equal(typeof (await readText(first.stdout)), 'string', 'its stream has ended');

    const controller = new AbortController();
    const second = await engine.containers.attach(container.id, { signal: controller.signal });
    const reason = new Error('enough');
    await assert.rejects(
      async () => {
        for await (const _ of second.stdout) controller.abort(reason);
      },
      (error) => error === reason,
    );
    await assert.rejects(second.ended, (error) => error === reason);
    assert.equal((await engine.containers.inspect(container.id)).state.running, true);
  });

  test('refuses a container that has ended, and a stdin that is not there', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'true');
    await assert.rejects(engine.containers.attach(container.id, { stdin: true }), InvalidOptionError);
    await engine.containers.start(container.id);
    await engine.containers.wait(container.id);
    await assert.rejects(engine.containers.attach(container.id), ConflictError);
    assert.equal((await engine.containers.inspect(container.id)).state.status, 'exited');
  });
});

describeEngines('logs', (real) => {
  test('come back after the end, whole or the last lines only', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'seq 1 5; echo oops >&2');
    await engine.containers.start(container.id);
    await engine.containers.wait(container.id);
    const read = async (options: Parameters<typeof engine.containers.logs>[1]) =>
      texts(await engine.containers.logs(container.id, options));
    assert.deepEqual(await read({}), { stdout: '1\n2\n3\n4\n5\n', stderr: 'oops\n' });
    assert.deepEqual(await read({ stderr: false }), { stdout: '1\n2\n3\n4\n5\n', stderr: '' });
    const { stdout, stderr } = await read({ tail: 2 });
    assert.equal((stdout + stderr).split('\n').length - 1, 2);
    assert.deepEqual(await read({ since: new Date(Date.now() + 3_600_000) }), { stdout: '', stderr: '' });
    assert.deepEqual(await read({ since: new Date(Date.now() - 3_600_000), stdout: false }), {
      stdout: '',
      stderr: 'oops\n',
    });
    assert.match(
      (await read({ timestamps: true, stdout: false })).stderr,
      /^\d{4}-\d\d-\d\dT[\d:.]+\S* oops\n$/,
    );
  });

  test('follow a container until it ends', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(
      engine,
      'echo first; sleep 0.3; echo second; sleep 0.3; echo last',
    );
    await engine.containers.start(container.id);
    assert.equal(
      (await texts(await engine.containers.logs(container.id, { follow: true }))).stdout,
      'first\nsecond\nlast\n',
    );
  });

  test('that are left early, or aborted, close their connection', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'while echo tick; do sleep 0.05; done');
    await engine.containers.start(container.id);
    for await (const { stream } of await engine.containers.logs(container.id, { follow: true })) {
      assert.equal(stream, 'stdout');
      break;
    }
    const controller = new AbortController();
    const reason = new Error('enough');
    await assert.rejects(
      async () => {
        const logs = await engine.containers.logs(container.id, { follow: true, signal: controller.signal });
        for await (const _ of logs) controller.abort(reason);
      },
      (error) => error === reason,
    );
  });

  test('of a terminal are stdout', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'echo out; echo err >&2', { tty: true });
    await engine.containers.start(container.id);
    await engine.containers.wait(container.id);
    assert.deepEqual(await texts(await engine.containers.logs(container.id)), {
      stdout: 'out\r\nerr\r\n',
      stderr: '',
    });
  });

  test('are refused where none are kept', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'true', { logDriver: 'none' });
    await assert.rejects(engine.containers.logs(container.id), UnsupportedByEngineError);
    await assert.rejects(
      engine.containers.logs(container.id, { stdout: false, stderr: false }),
      InvalidOptionError,
    );
  });
});

describeEngines('64 followed logs', (real) => {
  test('do not keep 64 short calls waiting', { timeout: 120_000 }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'echo begun; exec sleep 1000');
    await engine.containers.start(container.id);
    const controller = new AbortController();
    const { signal } = controller;
    const follows = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const logs = await engine.containers.logs(container.id, { follow: true, signal });
        const reader = logs[Symbol.asyncIterator]();
        await reader.next();
        return reader;
      }),
    );
    const infos = await Promise.all(
      Array.from({ length: 64 }, () => engine.containers.inspect(container.id)),
    );
    assert.ok(infos.every(({ state }) => state.running));
    const reason = new Error('enough');
    const endings = follows.map((reader) =>
      assert.rejects(
        async () => reader.next(),
        (error) => error === reason,
      ),
    );
    controller.abort(reason);
    await Promise.all(endings);
  });
});

async function texts(logs: AsyncIterable<LogChunk>): Promise<{ stdout: string; stderr: string }> {
  const pieces: Record<LogChunk['stream'], Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of logs) pieces[stream].push(data);
  return {
    stdout: Buffer.concat(pieces.stdout).toString(),
    stderr: Buffer.concat(pieces.stderr).toString(),
  };
}
