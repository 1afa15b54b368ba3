/** Plugins that end for whatever reason: what their mounts notice of it. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import {
  CrashLoopError,
  hostLabels,
  OutcomeUnknownError,
  PluginExitedError,
  type Mount,
  type PluginHost,
} from '../../../src/index.ts';
import { containerOf, describeCells, nextEvent, only, type Cell, type KeyValue } from '../cell.ts';

const limits = { timeout: 120_000 };
const value = Buffer.from('v');
/** How often a plugin is killed before the next call. */
const kills = Number(process.env['BULKHEAD_TEST_RESTARTS'] ?? 10);
/** Restarts follow at once, however many. */
const tireless = { delayMs: 0, maxFailures: Infinity } as const;

describeCells('a plugin that ends', (openCell, engineKind, itInTurn) => {
  let cell: Cell;
  before(async () => {
    cell = await openCell();
  });
  after(() => cell[Symbol.asyncDispose]());

  function withMount(
    options: Parameters<Cell['withHost']>[0],
    args: readonly string[],
    test: (parts: { host: PluginHost; mount: Mount; kv: KeyValue }) => Promise<void>,
  ): Promise<void> {
    return cell.withHost(options, async (host) => {
      await host.plugins.register(
        { type: 'kv', name: 'kv', ociImage: cell.image, args },
        { skipProbe: true },
      );
      const mount = await host.mount('kv', 'kv');
      await test({ host, mount, kv: mount.client<KeyValue>(cell.definition) });
    });
  }

  const patience = { timeout: limits.timeout + kills * 3_000 };
  it(`is running again before the next call is served, ${kills} times without an error`, patience, () =>
    withMount({ restart: tireless }, [], async ({ host, kv }) => {
      for (let round = 1; round <= kills; round += 1) {
        await cell.engine.containers.kill(containerOf(only(host)));
        await kv.put({ key: 'k', value }); // at once: the end may not have been noticed yet
        assert.equal(only(host).restarts, round);
      }
      assert.equal(host.metrics().plugins[0]?.callFailures, 0);
    }),
  );

  for (const [how, end] of [
    ['killed', (id: string) => cell.engine.containers.kill(id)],
    ['stopped', (id: string) => cell.engine.containers.stop(id, { timeoutSeconds: 0 })],
    ['removed', (id: string) => cell.engine.containers.remove(id, { force: true })],
  ] as const) {
    it(`is running again after its container was ${how}, without being called`, limits, () =>
      withMount({ restart: tireless }, [], async ({ host, kv }) => {
        const again = nextEvent(
          'bulkhead:instance',
          ({ instance, from }) => from.name === 'restarting' && instance.state.name === 'ready',
        );
        await end(containerOf(only(host)));
        const { instance } = await again;
        assert.equal(instance.restarts, 1);
        await kv.put({ key: 'k', value });
      }),
    );
  }

  itInTurn('is replaced when it hangs: paused behind our back', limits, () =>
    withMount(
      { restart: tireless, health: { intervalMs: 100, timeoutMs: 500, failures: 2 } },
      [],
      async ({ host, kv }) => {
        const restarting = nextEvent(
          'bulkhead:instance',
          ({ instance }) => instance.state.name === 'restarting',
        );
        await cell.engine.containers.pause(containerOf(only(host)));
        const waiting = kv.get({ key: 'k' }); // hangs with the plugin
        const { state } = (await restarting).instance;
        assert.match('reason' in state ? state.reason : '', /failed 2 health checks/);
        await assert.rejects(waiting, OutcomeUnknownError);
        await kv.put({ key: 'k', value });
      },
    ),
  );

  itInTurn('does not repeat a call that it may have carried out, unless told that it may', limits, () =>
    withMount({ restart: tireless }, [], async ({ host, kv }) => {
      const error: unknown = await kv.get({ key: 'crash' }).catch((reason: unknown) => reason);
      assert.ok(error instanceof OutcomeUnknownError, String(error));
      assert.equal(error.code, 'CALL_OUTCOME_UNKNOWN');
      assert.equal(error.method, '/proto.KV/Get');
      assert.equal(error.exit?.code, 7);
      assert.ok(error.cause instanceof PluginExitedError, String(error.cause));
      assert.match(error.cause.output.stderr, /the store is corrupt/);
      const slow = kv.get({ key: 'slow' }, { timeoutMs: 500, idempotent: true });
      await assert.rejects(slow, { code: 'PLUGIN_CALL_TIMEOUT' });
      const before = only(host).restarts;
      await assert.rejects(kv.get({ key: 'crash' }, { idempotent: true }), PluginExitedError);
      assert.equal(only(host).restarts - before >= 4, true, 'it was sent five times');
    }),
  );

  itInTurn('never gets a call again that ended it', limits, () =>
    withMount({ restart: tireless }, [], async ({ host, kv }) => {
      for (let crash = 1; crash <= 10; crash += 1) {
        await assert.rejects(kv.get({ key: 'crash' }), OutcomeUnknownError);
        await kv.put({ key: 'k', value });
        assert.equal(only(host).restarts, crash);
      }
    }),
  );

  itInTurn(
    'is given up when it keeps ending, with its last words, and starts again when it is reset',
    limits,
    () =>
      withMount({ restart: { delayMs: 1, maxFailures: 3 } }, [], async ({ host, kv }) => {
        for (let crash = 0; crash < 4; crash += 1) {
          await assert.rejects(kv.get({ key: 'crash' }), OutcomeUnknownError);
        }
        const error: unknown = await kv.put({ key: 'k', value }).catch((reason: unknown) => reason);
        assert.ok(error instanceof CrashLoopError, String(error));
        assert.match(error.message, /4 times within 120 s; its last words: the store is corrupt/);
        assert.equal(only(host).state.name, 'failed');
        assert.equal(host.metrics().instances.failed, 1);
        const started = nextEvent('bulkhead:instance', ({ instance }) => instance.state.name === 'ready');
        assert.equal(host.reset(error.instanceId), true);
        await started;
        await kv.put({ key: 'k', value });
      }),
  );

  itInTurn(
    'ends at every third request of 64 callers: none is answered twice, none hangs, none is lost in silence',
    limits,
    () =>
      withMount({ restart: tireless }, ['third'], async ({ host, kv }) => {
        const served = new Map<string, number>();
        host.followLogs(only(host).id, ({ text }) => {
          const key = /^served (\S+)/.exec(text)?.[1];
          if (key !== undefined) served.set(key, (served.get(key) ?? 0) + 1);
        });
        const answered = new Set<string>();
        const failed = new Map<string, unknown>();
        await Promise.all(
          Array.from({ length: 64 }, async (_, caller) => {
            for (let call = 0; call < 3; call += 1) {
              const key = `${caller}-${call}`;
              await kv.put({ key, value }, { timeoutMs: 60_000 }).then(
                () => answered.add(key),
                (error: unknown) => failed.set(key, error),
              );
            }
          }),
        );
        assert.equal(answered.size + failed.size, 192);
        for (const [key, error] of failed) {
          assert.ok(error instanceof OutcomeUnknownError, `${key}: ${String(error)}`);
        }
        assert.notEqual(failed.size, 0);
        const alone: string[] = [];
        for (let call = 0; call < 6; call += 1) {
          await kv.put({ key: `alone-${call}`, value }).then(
            () => alone.push('answered'),
            (error: unknown) => alone.push((error as { code: string }).code),
          );
        }
        assert.equal(alone.filter((end) => end === 'answered').length, 4);
        assert.equal(alone.filter((end) => end === 'CALL_OUTCOME_UNKNOWN').length, 2);
        assert.deepEqual(
          [...served].filter(([, times]) => times > 1),
          [],
        );
      }),
  );

  it('names its memory limit when that ended it', limits, async (t) => {
    const host = await cell.open({ restart: tireless });
    try {
      await host.runtimes.register({ type: 'container', name: 'small', memoryBytes: 24 << 20 });
      await host.plugins.register(
        { type: 'kv', name: 'kv', ociImage: cell.image, runtime: 'small' },
        { skipProbe: true },
      );
      const mount = await host.mount('kv', 'kv');
      const kv = mount.client<KeyValue>(cell.definition);
      let error: unknown;
      for (let i = 0; error === undefined && i < 50; i += 1) {
        error = await kv
          .put({ key: `big-${i}`, value: Buffer.alloc(3 << 20) })
          .catch((reason: unknown) => reason);
        if (error !== undefined && !(error instanceof Error)) error = undefined;
      }
      assert.ok(error instanceof OutcomeUnknownError, String(error));
      await kv.put({ key: 'k', value });
      const exit = only(host).lastEnd?.exit;
      if (engineKind === 'docker') assert.equal(exit?.oomKilled, true);
      else {
        t.diagnostic(`Podman tells ${JSON.stringify(exit)}`);
        assert.ok(
          exit?.oomKilled === true || exit?.killedAtMemoryLimit === 24 << 20,
          'is or may be for memory',
        );
      }
      assert.equal(exit.code, 137);
    } finally {
      await host.close();
    }
  });

  itInTurn('is taken over for at once by a spare', limits, () =>
    withMount({ restart: tireless, warmSpare: true }, [], async ({ host, kv }) => {
      await spareReady(host);
      for (let round = 0; round < 3; round += 1) {
        const filters = { label: [`${hostLabels.hostId}=${host.id}`] };
        const before = (await cell.engine.containers.list({ filters })).map(({ id }) => id);
        const killed = containerOf(only(host));
        await cell.engine.containers.kill(killed);
        await kv.put({ key: 'k', value });
        const serving = containerOf(only(host));
        assert.notEqual(serving, killed);
        assert.ok(before.includes(serving), 'it ran already');
        await spareReady(host);
      }
    }),
  );
});

async function spareReady(host: PluginHost): Promise<void> {
  while (only(host).spare !== true) await nextEvent('bulkhead:instance');
}
