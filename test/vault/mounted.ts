/** A host with a plugin of Vault's registered in it, for the tests of mounts. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Engine } from '../../src/engine/index.ts';
import type { Mount, PluginHost } from '../../src/index.ts';
import { loadEngines, type TestEngine } from '../engines/engines.ts';
import { withFixture, type Place } from '../host/with-fixture.ts';
import type { FixtureName } from '../plugins/images.ts';

export interface Cell extends Place {
  readonly title: string;
  /** Settings of the plugin runtime. */
  readonly user: string;
  readonly mlock: boolean;
}

/**
 * Docker and Podman, rootful and rootless, with runc and runsc; as root with locked memory, and as somebody else without.
 */
export function allCells(): Cell[] {
  return loadEngines().flatMap((testEngine) =>
    testEngine.services
      .filter(({ runtime }) => runtime !== 'crun')
      .flatMap(({ runtime, socket }) =>
        [
          { user: '0:0', mlock: true },
          { user: '1000:1000', mlock: false },
        ].map((settings) => ({
          ...settings,
          testEngine,
          runtime,
          socket,
          title: titleOf(testEngine, runtime, settings.user),
        })),
      ),
  );
}

/** One cell for what does not depend on the engine. */
export function oneCell(): Cell | undefined {
  return allCells().find(
    ({ testEngine, runtime, user }) =>
      testEngine.kind === 'docker' && !testEngine.rootless && runtime === 'runc' && user !== '0:0',
  );
}

function titleOf({ suite, name }: TestEngine, runtime: string, user: string): string {
  return [suite, name, runtime, user === '0:0' ? 'root' : 'uid 1000'].join(' ');
}

export interface Given {
  readonly engine: Engine;
  readonly host: PluginHost;
  readonly image: string;
  readonly socketDirectory: string;
}

/**
 * Runs the test with a host on that cell in which the fixture is registered as `name`; nothing may be left of it. A cell
 * in which plugins can't run, as `host.check` says, is skipped with its reason.
 */
export function withPlugin(
  t: TestContext,
  cell: Cell,
  plugin: {
    readonly fixture: FixtureName;
    readonly type: 'secret' | 'auth' | 'database';
    readonly name: string;
    readonly args?: readonly string[];
    /** Network of the plugin runtime. */
    readonly network?: string;
  },
  test: (given: Given) => Promise<void>,
): Promise<void> {
  const { fixture, type, name, args, network } = plugin;
  return withFixture(t, cell, fixture, async ({ engine, host, image, socketDirectory }) => {
    await host.runtimes.register({
      type: 'container',
      name: 'cell',
      ociRuntime: cell.runtime,
      mlock: cell.mlock,
      user: cell.user,
      ...(network !== undefined && { network }),
    });
    const registration = { type, name, ociImage: image, runtime: 'cell', ...(args && { args }) };
    await host.plugins.register(registration, { skipProbe: true });
    const check = await host.check(type, name);
    if (!check.ok && check.status !== 'works') {
      const reasons = check.reasons.map(({ observed }) => observed);
      t.skip(`this plugin can't run here: ${reasons.join('; ')}`);
      return;
    }
    await host.plugins.register(registration);
    await test({ engine, host, image, socketDirectory });
  });
}

/** Kills the container that serves the mount, and waits for nothing. */
export async function killPlugin(engine: Engine, { mount }: { readonly mount: Mount }): Promise<void> {
  const { state } = mount.instance;
  assert.ok(state.name === 'ready' && state.containerId !== undefined);
  await engine.containers.kill(state.containerId);
}
