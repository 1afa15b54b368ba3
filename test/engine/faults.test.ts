import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  connectEngine,
  EngineError,
  EngineGoneError,
  EngineOperationError,
  EngineProtocolError,
  EngineTimeoutError,
  type Engine,
} from '../../src/engine/index.ts';
import {
  startFaultProxy,
  startRecordingServer,
  type FaultProxy,
  type ScriptedAnswer,
} from '../../src/testing/index.ts';
import { answerFor, operations } from './support/operations.ts';
import { connectWithImage, createTestContainer, describeEngines } from './support/real-engines.ts';

const timeout = 30_000;

/** Operations that last as long as the engine needs: no limit but the caller's own ends them. */
const lasting =
  /^(system\.diskUsage|images\.(load|save|build|pull|prune)|containers\.(wait|prune|putArchive))$/;

for (const kind of ['docker', 'podman'] as const) {
  describe(`through a bad connection to ${kind}`, { timeout: 300_000, concurrency: 8 }, () => {
    const asked = operations.filter((operation) => operation[kind].request !== '');
    for (const operation of asked) {
      test(`${operation.name} has its result when the answer comes byte by byte`, { timeout }, async () => {
        await using setup = await behindProxy(kind, (request) => answerFor(operation, request));
        setup.proxy.fault = { kind: 'split' };
        await operation.call(setup.engine);
      });

      test(
        `${operation.name} fails with a typed error when the answer is cut, or is none`,
        { timeout },
        async () => {
          await using setup = await behindProxy(kind, (request) => answerFor(operation, request));
          const failsWith = (errorClass: typeof EngineGoneError) =>
            assert.rejects(() => operation.call(setup.engine), errorClass);
          setup.proxy.fault = { kind: 'cut-head', afterBytes: 0 };
          await failsWith(EngineGoneError);
          setup.proxy.fault = { kind: 'cut-head', afterBytes: 20 };
          await failsWith(EngineGoneError);
          setup.proxy.fault = { kind: 'replace', bytes: Buffer.from('SSH-2.0-OpenSSH_9.9\r\n') };
          await failsWith(EngineProtocolError);
          setup.proxy.fault = { kind: 'none' };
          await operation.call(setup.engine); // and the client is as good as before
        },
      );

      test(`${operation.name} ends when the engine falls silent`, { timeout }, async () => {
        await using setup = await behindProxy(kind, (request) => answerFor(operation, request), 250);
        setup.proxy.fault = { kind: 'stall', afterBytes: 10 };
        if (!lasting.test(operation.name)) {
          await assert.rejects(() => operation.call(setup.engine), EngineTimeoutError);
          return;
        }
        const ending = assert.rejects(() => operation.call(setup.engine), EngineError);
        await setup.engine.close();
        await ending;
      });
    }
  });
}

test('a bad connection leaves nothing behind: no socket, no timer', { timeout }, async () => {
  const before = resources();
  for (const operation of operations.filter(({ docker }) => docker.request !== '')) {
    await using setup = await behindProxy('docker', (request) => answerFor(operation, request));
    setup.proxy.fault = { kind: 'cut-head', afterBytes: 20 };
    await assert.rejects(() => operation.call(setup.engine), EngineGoneError);
  }
  assert.deepEqual(resources(), before);
});

test('an answer that is held back for minutes ends with its client', { timeout }, async () => {
  const before = resources();
  {
    await using setup = await behindProxy('docker', () => ({ body: '{}' }), 250);
    setup.proxy.fault = { kind: 'delay', ms: 300_000 };
    await assert.rejects(() => setup.engine.system.ping(), EngineTimeoutError);
  }
  assert.deepEqual(resources(), before);
});

describe('a stream that breaks', { timeout: 120_000 }, () => {
  const frame = (stream: number, text: string) =>
    Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
  const output = Buffer.concat([frame(1, 'first\n'), frame(2, 'second\n')]);
  const withOutput = (body: Uint8Array | string) => (request: { path: string }) =>
    request.path.endsWith('/json') ? probeAnswer : { body };

  test('has given what came before, then fails: logs, cut at every byte', { timeout }, async () => {
    for (let end = 1; end < output.length; end += 1) {
      await using setup = await behindProxy('docker', withOutput(output.subarray(0, end)));
      let text = '';
      const read = async () => {
        for await (const { data } of await setup.engine.containers.logs('web'))
          text += Buffer.from(data).toString();
      };
      if (end === 14) await read();
      else await assert.rejects(read, EngineGoneError, `cut after ${end} bytes`);
      assert.equal(
        text,
        `first\n`.slice(0, Math.max(0, end - 8)) + 'second\n'.slice(0, Math.max(0, end - 22)),
      );
    }
  });

  test('has given what came before, then fails: both streams of an attach', { timeout }, async () => {
    await using setup = await behindProxy('docker', withOutput(output.subarray(0, output.length - 2)));
    const attached = await setup.engine.containers.attach('web');
    for (const [stream, expected] of [
      [attached.stdout, 'first\n'],
      [attached.stderr, 'secon'],
    ] as const) {
      let text = '';
      await assert.rejects(async () => {
        for await (const piece of stream) text += Buffer.from(piece).toString();
      }, EngineGoneError);
      assert.equal(text, expected);
    }
    await assert.rejects(attached.ended, EngineGoneError);
  });

  test('is a protocol error when it is no stream of frames', { timeout }, async () => {
    await using setup = await behindProxy('docker', withOutput('plain text, as of a terminal'));
    const attached = await setup.engine.containers.attach('web');
    await assert.rejects(attached.stdout[Symbol.asyncIterator]().next(), EngineProtocolError);
    await assert.rejects(async () => {
      for await (const _ of await setup.engine.containers.logs('web'));
    }, EngineProtocolError);
  });

  test('is an error of the engine when it says so in a frame', { timeout }, async () => {
    await using setup = await behindProxy(
      'docker',
      withOutput(Buffer.concat([output, frame(3, 'log is corrupt')])),
    );
    await assert.rejects(
      async () => {
        for await (const _ of await setup.engine.containers.logs('web'));
      },
      (error) => error instanceof EngineOperationError && error.engineMessage === 'log is corrupt',
    );
  });

  test('fails in mid-chunk: events, saved images, statistics, archives', { timeout }, async () => {
    const event = { Type: 'container', Action: 'die', Actor: { ID: '1' }, time: 1, timeNano: 1_000_000_000 };
    const answer = ({ path }: { path: string }): ScriptedAnswer =>
      path.endsWith('/events')
        ? { body: `${JSON.stringify(event)}\n`.repeat(3) }
        : { body: Buffer.alloc(500, 'x') };
    await using setup = await behindProxy('docker', answer);
    setup.proxy.fault = { kind: 'cut-body', afterBytes: 200 };
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const { action } of await setup.engine.system.events()) seen.push(action);
    }, EngineGoneError);
    assert.ok(seen.length < 3);
    let size = 0;
    await assert.rejects(async () => {
      for await (const bytes of await setup.engine.images.save('web')) size += bytes.length;
    }, EngineGoneError);
    assert.ok(size > 0 && size < 200, 'what had come, without the sizes of the chunks');
  });

  test('ends by its signal when nothing comes any more', { timeout }, async () => {
    const forever = () => new Promise<ScriptedAnswer>(() => undefined);
    await using setup = await behindProxy('docker', forever);
    const reason = new Error('enough');
    for (const call of [
      (signal: AbortSignal) => setup.engine.containers.wait('web', { signal }),
      (signal: AbortSignal) => setup.engine.images.pull('web', { signal }),
      (signal: AbortSignal) => setup.engine.containers.stop('web', { signal }),
    ]) {
      const controller = new AbortController();
      const ending = assert.rejects(call(controller.signal), (error) => error === reason);
      setImmediate(() => {
        controller.abort(reason);
      });
      await ending;
    }
  });
});

describeEngines('a real container behind a bad connection', (real) => {
  test('lives on when the connection to its output breaks, and the break is told', { timeout }, async () => {
    await using direct = await connectWithImage(real);
    await using proxy = await startFaultProxy({ target: real.socketPath });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    await using container = await createTestContainer(direct, 'while echo tick; do sleep 0.05; done');
    proxy.fault = ({ target }) =>
      target.includes('/attach') || target.includes('/logs')
        ? { kind: 'cut-body', afterBytes: 30 }
        : { kind: 'none' };
    await using attached = await engine.containers.attach(container.id);
    await engine.containers.start(container.id);
    let text = '';
    await assert.rejects(async () => {
      for await (const piece of attached.stdout) text += Buffer.from(piece).toString();
    }, EngineGoneError);
    assert.match(text, /^tick\n/);
    await assert.rejects(async () => {
      for await (const _ of await engine.containers.logs(container.id, { follow: true }));
    }, EngineGoneError);
    assert.equal((await engine.containers.inspect(container.id)).state.running, true);
  });

  test('that ends while Podman looks at it is asked about again', { timeout }, async (t) => {
    if (real.kind !== 'podman') {
      t.skip("only Podman reads the files of the container's process for an answer");
      return;
    }
    await using direct = await connectWithImage(real);
    await using proxy = await startFaultProxy({ target: real.socketPath });
    await using engine = await connectEngine({ socketPath: proxy.socketPath });
    await using container = await createTestContainer(direct, 'exit 7');
    let failures = 0;
    proxy.fault = ({ target }) => {
      if (!target.endsWith('/json') || failures >= 2) return { kind: 'none' };
      failures += 1;
      return { kind: 'replace', bytes: Buffer.from(endedMeanwhile) };
    };
    const exit = engine.containers.wait(container.id, { condition: 'next-exit' });
    await engine.containers.start(container.id);
    assert.equal((await exit).exitCode, 7);
    assert.equal(failures, 2);
    failures = 0;
    assert.equal((await engine.containers.inspect(container.id)).state.exitCode, 7);
    assert.equal(failures, 2);
  });
});

/** Podman 4.3.1's answer when the process ended between its look at the container and the read of the process's file. */
const endedMeanwhile = podmanFailure('read /proc/13578/cgroup: no such process', 'no such process');

function podmanFailure(message: string, cause: string): string {
  const body = JSON.stringify({ cause, message, response: 500 });
  return `HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A connected engine behind a proxy that does no harm yet. */
async function behindProxy(
  kind: 'docker' | 'podman',
  answer: (request: Parameters<typeof answerFor>[1]) => ScriptedAnswer | Promise<ScriptedAnswer>,
  limitMs = 20_000,
): Promise<AsyncDisposable & { engine: Engine; proxy: FaultProxy }> {
  const server = await startRecordingServer({ kind, answer });
  const proxy = await startFaultProxy({ target: server.socketPath });
  const engine = await connectEngine({
    socketPath: proxy.socketPath,
    limits: { headersMs: limitMs, bodyMs: limitMs },
  });
  return {
    engine,
    proxy,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const probeAnswer = {
  body: {
    Id: 'full-id',
    State: { Status: 'running' },
    Config: { Tty: false, OpenStdin: true },
    HostConfig: { LogConfig: { Type: 'json-file' } },
  },
};

/** Open files, and what keeps the event loop busy. */
function resources(): object {
  return {
    files: readdirSync('/proc/self/fd').length,
    active: process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'Immediate' && name !== 'FSReqCallback') // they end by themselves
      .sort(),
  };
}
