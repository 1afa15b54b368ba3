import assert from 'node:assert/strict';
import { readlink } from 'node:fs/promises';
import { test } from 'node:test';
import { isKnown } from '../../src/compatibility/index.ts';
import { findEngineProcess } from '../../src/compatibility/gather/engine-process.ts';
import {
  BadRequestError,
  ConflictError,
  EngineOperationError,
  NotFoundError,
  UnsupportedByEngineError,
} from '../../src/engine/index.ts';
import { testImage } from './support/busybox-image.ts';
import { connectWithImage, createTestContainer, describeEngines, readText } from './support/real-engines.ts';

/** Well beyond what any of it takes, so that a hang is a failure. */
const timeout = 60_000;

describeEngines(
  'the life of a container',
  (real) => {
    test('has an empty network namespace of its own when it is disabled', { timeout }, async () => {
      await using engine = await connectWithImage(real);
      await using container = await createTestContainer(engine, 'cat /proc/net/dev; echo end; sleep 600', {
        runtime: real.runtime,
        networkDisabled: true,
      });
      await engine.containers.start(container.id);
      const { networkDisabled, state } = await engine.containers.inspect(container.id);
      assert.equal(networkDisabled, true);
      await using output = await engine.containers.logs(container.id, { follow: true });
      let devices = '';
      for await (const { data } of output) {
        devices += data.toString();
        if (devices.endsWith('end\n')) break;
      }
      assert.deepEqual(
        devices.match(/^ *\w+:/gm)?.map((name) => name.trim()),
        ['lo:'],
      );
      const engineProcess = await findEngineProcess(engine);
      assert.ok(isKnown(engineProcess));
      const [own, ...others] = await Promise.all(
        [state.pid, engineProcess.value.pid, process.pid].map((pid) => readlink(`/proc/${pid}/ns/net`)),
      );
      assert.ok(own !== undefined && !others.includes(own), [own, ...others].join(' '));
    });

    test('loses neither output nor exit code from create to remove', { timeout }, async () => {
      await using engine = await connectWithImage(real);
      await using container = await createTestContainer(
        engine,
        'echo to stdout; echo to stderr >&2; exit 7',
        {
          runtime: real.runtime,
          logDriver: 'none',
        },
      );
      await using output = await engine.containers.attach(container.id);
      assert.deepEqual(await engine.containers.start(container.id), { alreadyStarted: false });
      const [stdout, stderr, exit] = await Promise.all([
        readText(output.stdout),
        readText(output.stderr),
        engine.containers.wait(container.id),
      ]);
      assert.equal(stdout, 'to stdout\n');
      assert.equal(stderr, 'to stderr\n');
      assert.deepEqual(exit, { exitCode: 7 });
      await output.ended;

      const { state } = await engine.containers.inspect(container.id);
      assert.equal(state.status, 'exited');
      assert.equal(state.running, false);
      assert.equal(state.exitCode, 7);
      assert.ok(state.startedAt && state.finishedAt);
      assert.deepEqual(
        await engine.containers.wait(container.id),
        { exitCode: 7 },
        'however late it is asked',
      );
      await engine.containers.remove(container.id);
      await assert.rejects(engine.containers.inspect(container.id), NotFoundError);
    });
  },
  { everyRuntime: true },
);

describeEngines('create', (real) => {
  test('makes what was asked for, and inspect tells it in the same words', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const { memoryLimit } = engine.info;
    const limits = memoryLimit ? { memoryBytes: 64 << 20, cpuNanos: 500_000_000, pidsLimit: 100 } : {};
    await using container = await createTestContainer(engine, 'true', {
      entrypoint: ['/bin/env'],
      cmd: ['-i'],
      env: { GREETING: 'a=b c' },
      labels: { 'test.label': 'value' },
      user: '1000:1001',
      workingDirectory: '/tmp',
      hostname: 'inside',
      stopSignal: 'SIGINT',
      stopTimeout: 3,
      runtime: real.runtime,
      capDrop: ['ALL'],
      capAdd: ['CAP_IPC_LOCK'],
      noNewPrivileges: true,
      readOnlyRootFilesystem: true,
      mounts: [
        { type: 'bind', source: real.shareDirectory, target: '/shared', readOnly: true },
        { type: 'tmpfs', target: '/scratch', sizeBytes: 1 << 20, mode: 0o700 },
      ],
      ulimits: [{ name: 'nofile', soft: 512, hard: 1024 }],
      groupAdd: ['4242'],
      ipcMode: 'private',
      oomScoreAdj: 200,
      logDriver: 'none',
      ...limits,
    });
    const made = await engine.containers.inspect(container.name);
    assert.equal(made.id, container.id);
    assert.equal(made.name, container.name);
    assert.equal(made.image, testImage);
    assert.equal(made.imageId, (await engine.images.inspect(testImage)).id);
    assert.equal(made.state.status, 'created');
    assert.deepEqual(made.config.entrypoint, ['/bin/env']);
    assert.deepEqual(made.config.cmd, ['-i']);
    assert.ok(made.config.env.includes('GREETING=a=b c'));
    assert.equal(made.config.labels['test.label'], 'value');
    assert.equal(made.config.user, '1000:1001');
    assert.equal(made.config.workingDirectory, '/tmp');
    assert.equal(made.config.hostname, 'inside');
    assert.equal(made.config.stopSignal, 'SIGINT');
    assert.equal(made.config.stopTimeout, 3);
    assert.equal(made.runtime.split('/').at(-1), real.runtime);
    assert.equal(made.network, 'none');
    assert.equal(made.readOnlyRootFilesystem, true);
    assert.equal(made.noNewPrivileges, true);
    assert.equal(made.privileged, false);
    assert.deepEqual(made.capAdd, ['IPC_LOCK']);
    if (real.kind === 'docker') assert.deepEqual(made.capDrop, ['ALL']);
    else assert.deepEqual([made.effectiveCaps, made.boundingCaps], [['IPC_LOCK'], ['IPC_LOCK']]);
    assert.deepEqual(made.groupAdd, ['4242']);
    assert.deepEqual(
      made.ulimits.find(({ name }) => name === 'nofile'),
      { name: 'nofile', soft: 512, hard: 1024 },
    );
    assert.equal(made.oomScoreAdj, 200);
    assert.equal(made.logDriver, 'none');
    assert.equal(made.memoryBytes, limits.memoryBytes ?? 0);
    assert.equal(made.cpuNanos, limits.cpuNanos ?? 0);
    assert.equal(made.memorySwapBytes, 2 * (limits.memoryBytes ?? 0));
    if (memoryLimit) assert.equal(made.pidsLimit, 100);
    const mounts = new Map(made.mounts.map((mount) => [mount.target, mount]));
    assert.deepEqual([...mounts.keys()].sort(), ['/scratch', '/shared']);
    assert.equal(mounts.get('/shared')?.source, real.shareDirectory);
    assert.equal(mounts.get('/shared')?.readOnly, true);
    assert.equal(mounts.get('/scratch')?.type, 'tmpfs');
    assert.ok(mounts.get('/scratch')?.options.includes('noexec'));
  });

  test('takes the entrypoint of the image away when given an empty one', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, '', { entrypoint: [], cmd: ['/bin/true'] });
    assert.deepEqual((await engine.containers.inspect(container.id)).config.entrypoint, []);
  });

  test('tells a missing image from a taken name', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await assert.rejects(
      engine.containers.create({ image: 'localhost/bulkhead-test/never:1' }),
      (error) =>
        error instanceof NotFoundError && error.message.includes('never:1') && error.hint !== undefined,
    );
    await using container = await createTestContainer(engine, 'true');
    await assert.rejects(
      engine.containers.create({ image: testImage, name: container.name }),
      (error) => error instanceof ConflictError && error.message.includes(container.name),
    );
  });

  test(
    'refuses a runtime that the engine does not have, and that Podman would silently replace',
    { timeout },
    async () => {
      await using engine = await connectWithImage(real);
      await assert.rejects(engine.containers.create({ image: testImage, runtime: 'nosuch' }), (error) =>
        real.kind === 'docker'
          ? error instanceof BadRequestError && error.message.includes('nosuch')
          : error instanceof UnsupportedByEngineError && (error.hint ?? '').includes('startPodmanService'),
      );
    },
  );

  test('refuses an image for another platform', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await assert.rejects(
      engine.containers.create({ image: testImage, platform: 'linux/s390x' }),
      NotFoundError,
    );
  });

  test('refuses a bind mount whose source is not there, instead of making it', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const source = `${real.shareDirectory}/not-there`;
    await assert.rejects(
      engine.containers.create({ image: testImage, mounts: [{ type: 'bind', source, target: '/x' }] }),
      (error) =>
        (error instanceof BadRequestError || error instanceof EngineOperationError) &&
        error.message.includes(source),
    );
  });
});

describeEngines('start, stop and kill', (real) => {
  test('say when there was nothing to do', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'exec sleep 1000');
    await engine.containers.start(container.id);
    assert.deepEqual(await engine.containers.start(container.id), { alreadyStarted: true });
    assert.deepEqual(await engine.containers.stop(container.id, { timeoutSeconds: 0 }), {
      alreadyStopped: false,
    });
    assert.deepEqual(await engine.containers.stop(container.id), { alreadyStopped: true });
    assert.deepEqual(await engine.containers.wait(container.id), { exitCode: 137 });
  });

  test('a start tells that the program is not there', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, '', { entrypoint: ['/not/there'], cmd: [] });
    await assert.rejects(
      engine.containers.start(container.id),
      (error) =>
        (error instanceof BadRequestError || error instanceof EngineOperationError) &&
        error.message.includes('/not/there'),
    );
  });

  test('a kill sends the signal that it is told to', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const script = 'trap "exit 9" USR1; echo ready; while true; do sleep 0.1; done';
    await using container = await createTestContainer(engine, script);
    await using output = await engine.containers.attach(container.id);
    await engine.containers.start(container.id);
    for await (const _ of output.stdout) break; // it is ready
    await engine.containers.kill(container.id, { killSignal: 'SIGUSR1' });
    assert.deepEqual(await engine.containers.wait(container.id), { exitCode: 9 });
    await assert.rejects(engine.containers.kill(container.id), ConflictError);
  });

  test('a restart runs it again', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'exec sleep 1000');
    await engine.containers.start(container.id);
    const before = (await engine.containers.inspect(container.id)).state.pid;
    await engine.containers.restart(container.id, { timeoutSeconds: 0 });
    const { running, pid } = (await engine.containers.inspect(container.id)).state;
    assert.equal(running, true);
    assert.notEqual(pid, before);
  });

  test('no container at all is NotFoundError for each of them', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const { containers } = engine;
    for (const call of [
      () => containers.start('nosuch'),
      () => containers.stop('nosuch'),
      () => containers.kill('nosuch'),
      () => containers.restart('nosuch'),
      () => containers.pause('nosuch'),
      () => containers.unpause('nosuch'),
      () => containers.wait('nosuch'),
      () => containers.attach('nosuch'),
      () => containers.logs('nosuch'),
      () => containers.inspect('nosuch'),
      () => containers.remove('nosuch'),
      () => containers.rename('nosuch', 'other'),
      () => containers.top('nosuch'),
      () => containers.stats('nosuch'),
      () => containers.changes('nosuch'),
      () => containers.statPath('nosuch', '/'),
      () => containers.getArchive('nosuch', '/'),
      () => containers.update('nosuch', { cpuNanos: 1_000_000_000 }),
    ]) {
      await assert.rejects(
        call,
        (error) =>
          error instanceof NotFoundError ||
          // Rootless: refused before it is asked.
          (error instanceof UnsupportedByEngineError && error.message.includes('cpuNanos')),
        String(call),
      );
    }
  });
});

describeEngines('remove', (real) => {
  test('leaves a running container alone unless forced', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'exec sleep 1000');
    await engine.containers.start(container.id);
    await assert.rejects(engine.containers.remove(container.id), ConflictError);
    assert.equal((await engine.containers.inspect(container.id)).state.running, true);
    await engine.containers.remove(container.id, { force: true });
    await assert.rejects(engine.containers.inspect(container.id), NotFoundError);
  });
});

describeEngines('wait', (real) => {
  test('answers at once for a container that never ran', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'true');
    assert.deepEqual(await engine.containers.wait(container.id), { exitCode: 0 });
  });

  test('for the next exit, asked before the start, gets its code', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'exit 5');
    const exit = engine.containers.wait(container.id, { condition: 'next-exit' });
    await engine.containers.start(container.id);
    assert.deepEqual(await exit, { exitCode: 5 });
  });

  test('asked long before the start waits for it, whatever it waits for', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    for (const condition of ['next-exit', 'removed'] as const) {
      await using container = await createTestContainer(engine, 'exit 7');
      const exit = engine.containers.wait(container.id, { condition });
      // Podman 4.3 has said 0 long before all of these are answered.
      for (let round = 0; round < 20; round += 1) await engine.containers.inspect(container.id);
      await engine.containers.start(container.id);
      await engine.containers.wait(container.id);
      if (condition === 'removed') await engine.containers.remove(container.id);
      assert.deepEqual(await exit, { exitCode: 7 }, condition);
    }
  });

  test('until it is removed gives the code as well', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'exit 6');
    await engine.containers.start(container.id);
    const removed = engine.containers.wait(container.id, { condition: 'removed' });
    await engine.containers.wait(container.id);
    await engine.containers.remove(container.id);
    assert.deepEqual(await removed, { exitCode: 6 });
  });

  test('that is aborted rejects with the reason, and leaves the container running', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    await using container = await createTestContainer(engine, 'exec sleep 1000');
    await engine.containers.start(container.id);
    const controller = new AbortController();
    const waiting = engine.containers.wait(container.id, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    assert.equal((await engine.containers.inspect(container.id)).state.running, true);
  });
});

describeEngines('list, rename, pause, update, top and changes', (real) => {
  test('find a container by its label, in the states that it goes through', { timeout }, async (t) => {
    await using engine = await connectWithImage(real);
    const { containers } = engine;
    await using container = await createTestContainer(engine, 'touch /tmp/new; echo made; exec sleep 1000', {
      labels: { 'test.list': real.title },
    });
    const filters = { label: [`test.list=${real.title}`] };
    assert.deepEqual(await containers.list({ filters }), [], 'it does not run yet');
    const [created] = await containers.list({ all: true, filters });
    assert.equal(created?.id, container.id);
    assert.deepEqual(created.names, [container.name]);
    assert.equal(created.image, testImage);
    assert.equal(created.labels['test.list'], real.title);

    await using output = await containers.attach(container.id);
    await containers.start(container.id);
    for await (const _ of output.stdout) break;
    const [running] = await containers.list({ filters });
    assert.equal(running?.state, 'running');

    await containers.rename(container.id, `${container.name}-renamed`);
    assert.equal((await containers.inspect(container.id)).name, `${container.name}-renamed`);

    const changes = await containers.changes(container.id);
    assert.deepEqual(
      changes.find(({ path }) => path === '/tmp/new'),
      { path: '/tmp/new', kind: 'added' },
    );

    await t.test('with its processes', async (t) => {
      if (engine.info.cgroupDriver === 'none') {
        t.skip('Docker finds processes by their cgroup, and this one has none');
        return;
      }
      const processes = await containers.top(container.id);
      const { pid } = (await containers.inspect(container.id)).state;
      const found = processes.find((process) => process.pid === pid);
      assert.match(found?.command ?? JSON.stringify(processes), /sleep 1000/);
    });

    await t.test('and through pause and limits where the engine has cgroups for it', async (t) => {
      if (!engine.info.memoryLimit) {
        t.skip('a rootless engine on this host has no cgroups');
        return;
      }
      await containers.pause(container.id);
      assert.equal((await containers.inspect(container.id)).state.status, 'paused');
      await assert.rejects(containers.pause(container.id));
      await containers.unpause(container.id);
      assert.equal((await containers.inspect(container.id)).state.status, 'running');

      await containers.update(container.id, { pidsLimit: 77, cpuNanos: 250_000_000 });
      // Podman 4 changes the cgroup, and tells nobody.
      if (real.kind === 'docker') assert.equal((await containers.inspect(container.id)).pidsLimit, 77);

      const stats = await containers.stats(container.id);
      assert.ok(stats.cpuNanos > 0 && stats.memoryBytes > 0 && stats.pids >= 1, JSON.stringify(stats));
      await using samples = await containers.followStats(container.id);
      for await (const { pids } of samples) {
        assert.ok(pids >= 1);
        break;
      }
    });

    await containers.kill(container.id);
    await containers.wait(container.id);
    await assert.rejects(containers.stats(container.id), ConflictError);
    await assert.rejects(containers.top(container.id), ConflictError);
  });

  test('refuse limits that a rootless engine would take and not enforce', { timeout }, async (t) => {
    await using engine = await connectWithImage(real);
    const { memoryLimit } = engine.info;
    if (memoryLimit) {
      t.skip('this engine enforces limits');
      return;
    }
    await assert.rejects(
      engine.containers.create({ image: testImage, memoryBytes: 64 << 20 }),
      (error) => error instanceof UnsupportedByEngineError && error.message.includes('memory'),
    );
  });
});

describeEngines('prune', (real) => {
  test('removes what does not run and has the label, and nothing else', { timeout }, async () => {
    await using engine = await connectWithImage(real);
    const label = `test.prune=${real.title}`;
    const labels = { 'test.prune': real.title };
    await using old = await createTestContainer(engine, 'true', { labels });
    await using other = await createTestContainer(engine, 'true');
    await using running = await createTestContainer(engine, 'exec sleep 1000', { labels });
    await engine.containers.start(running.id);
    const { removedIds } = await engine.containers.prune({ labels: [label] });
    assert.deepEqual(removedIds, [old.id]);
    assert.equal((await engine.containers.inspect(other.id)).state.status, 'created');
    assert.equal((await engine.containers.inspect(running.id)).state.running, true);
    assert.deepEqual((await engine.containers.prune({ labels: [label] })).removedIds, []);
  });
});
