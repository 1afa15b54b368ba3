/** What a hostile plugin or image takes of its host when nothing was said: as little as the engine can enforce. */
import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createContainerRunner } from '../../src/container/container-runner.ts';
import { planLaunch } from '../../src/container/launch-plan.ts';
import type { PluginContainerOptions } from '../../src/container/options.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import type { Diagnosis, PluginExit } from '../../src/goplugin/index.ts';
import { startFaultProxy, type Fault } from '../../src/testing/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { busyboxArchive, ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';
import { ownSocketParent } from '../host/socket-parent.ts';

const limits = { timeout: 180_000 };

interface Ran {
  readonly exit: PluginExit;
  readonly output: string;
  readonly diagnosis: Diagnosis;
}

const engines = noBusybox === undefined ? loadEngines() : [];
if (engines.length === 0) it('confines', { skip: noBusybox ?? noEngines }, () => undefined);

for (const [number, testEngine] of engines.entries()) {
  for (const [place, { runtime, socket }] of testEngine.services.entries()) {
    /** Each test with one of the three runtimes of each engine. */
    const itInTurn = testsInTurn(number + place, testEngine.services.length, limits);
    describe(`confinement on ${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
      /** Runs a command in place of a plugin, as a plugin is run. */
      const run = async (
        args: readonly string[],
        more: Partial<PluginContainerOptions> = {},
        look: (engine: Engine, id: string) => Promise<void> = () => Promise.resolve(),
      ): Promise<Ran> => {
        await using engine = await connectEngine({ socketPath: socket });
        await using parent = await ownSocketParent(testEngine);
        await ensureTestImage(engine);
        const options = {
          image: testImage,
          runtime,
          args,
          user: '1000:1000',
          socketDirectory: parent.path,
          override: 'refused' as const, // it is no plugin
          ...more,
        };
        const plan = await planLaunch(engine, options);
        await using runner = await createContainerRunner({
          engine,
          ...plan,
          options,
          labels: {},
          environment: {},
        });
        await runner.start();
        assert.ok(runner.id !== undefined);
        await look(engine, runner.id);
        const chunks: Uint8Array[] = [];
        for await (const chunk of runner.stdout) chunks.push(chunk);
        const exit = await runner.wait();
        return { exit, output: Buffer.concat(chunks).toString(), diagnosis: await runner.diagnose() };
      };

      itInTurn(
        'ends a plugin that takes more than 1 GiB where that is enforced, and names the setting',
        async (t) => {
          await using engine = await connectEngine({ socketPath: socket });
          await ensureTestImage(engine);
          const { strategy } = await planLaunch(engine, { image: testImage, runtime, override: 'refused' });
          if (strategy.memoryBytes === undefined) {
            t.skip('this engine enforces no limit on memory, so none is set');
            return;
          }
          // To stdout, because no device can be written to where gVisor is given a read-only /dev, as by Podman 5.
          const { exit, diagnosis } = await run(['/bin/dd', 'if=/dev/zero', 'bs=1200M', 'count=1']);
          assert.equal(exit.code, 137, JSON.stringify(exit));
          assert.match(diagnosis.hint ?? '', /1073741824 bytes: raise `memoryBytes`/);
        },
      );

      itInTurn('gives a tmpfs 64 MiB', async () => {
        const fill = ['/bin/dd', 'if=/dev/zero', 'of=/data/x', 'bs=1M', 'count=80'];
        const { exit } = await run(fill, { tmpfs: [{ path: '/data' }] });
        assert.equal(exit.code, 1, JSON.stringify(exit));
        const asked = await run(fill, { tmpfs: [{ path: '/data', sizeBytes: 100 << 20 }] });
        assert.equal(asked.exit.code, 0, JSON.stringify(asked.exit));
      });

      itInTurn('gives it namespaces of its own', async (t) => {
        if (runtime === 'runsc') {
          t.skip('a sandbox has a kernel of its own, whose namespaces are not those of the host');
          return;
        }
        const { output } = await run(['/bin/ls', '-l', '/proc/self/ns']);
        for (const name of ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts']) {
          const own = new RegExp(` ${name} -> (\\S+)`).exec(output)?.[1];
          assert.ok(own !== undefined, output);
          assert.notEqual(own, readlinkSync(`/proc/self/ns/${name}`), name);
        }
      });

      itInTurn('does not run the health check that an image brings', async () => {
        await using engine = await connectEngine({ socketPath: socket });
        const image = 'localhost/bulkhead-test/health-check:1';
        const Healthcheck = { Test: ['CMD', '/bin/touch', '/run/bulkhead/checked'], Interval: 1e9 };
        await engine.images.load(await busyboxArchive(image, {}, { Healthcheck }));
        await run(['/bin/true'], { image }, async (connected, id) => {
          const { config, raw } = await connected.containers.inspect(id);
          assert.deepEqual(config.healthcheck, ['NONE']);
          const { State } = raw as { State: { Health?: { Status?: string } | null } };
          assert.match(State.Health?.Status ?? '', /^(none)?$/);
        });
        await engine.images.remove(image);
      });

      itInTurn(
        'refuses root where it must not be, and an engine that is told to leave containers unconfined',
        async () => {
          await using proxy = await startFaultProxy({ target: socket });
          const unconfine = (info: unknown): unknown => {
            const { host, ...docker } = info as { host?: { security: object } };
            if (host === undefined)
              return { ...docker, SecurityOptions: ['name=seccomp,profile=unconfined'] };
            return {
              ...docker,
              host: { ...host, security: { ...host.security, seccompProfilePath: 'unconfined' } },
            };
          };
          proxy.fault = ({ target }): Fault =>
            target.endsWith('/info') ? { kind: 'edit', edit: unconfine } : { kind: 'none' };
          await using engine = await connectEngine({ socketPath: proxy.socketPath });
          await ensureTestImage(engine);
          const rules = async (more: Partial<PluginContainerOptions>): Promise<string[]> => {
            const { verdict } = await planLaunch(engine, { image: testImage, runtime, ...more });
            return 'reasons' in verdict ? verdict.reasons.map(({ rule }) => rule) : [];
          };
          const refused = await rules({ requireNonRoot: true });
          assert.ok(refused.includes('non-root') && refused.includes('seccomp-profile'), refused.join());
          const lifted = await rules({ requireNonRoot: true, user: '1000:1000', seccomp: 'unconfined' });
          assert.ok(!lifted.includes('non-root') && !lifted.includes('seccomp-profile'), lifted.join());
        },
      );
    });
  }
}
