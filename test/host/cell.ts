/** Where the tests of supervised plugins run: one rootful Docker and one rootful Podman, with runc. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe } from 'node:test';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import {
  loadProto,
  PluginHost,
  type DynamicService,
  type InstanceSnapshot,
  type PluginHostOptions,
  type PluginKind,
  type RoutedCallOptions,
} from '../../src/index.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { testsInTurn, type TestInTurn } from '../engines/in-turn.ts';
import { fixtureHandshake, loadFixture } from '../plugins/images.ts';
import { leftovers } from './leftovers.ts';
import { ownSocketParent } from './socket-parent.ts';

export interface KeyValue {
  put(request: { key: string; value: Uint8Array }, options?: RoutedCallOptions): Promise<object>;
  get(request: { key: string }, options?: RoutedCallOptions): Promise<{ value: Uint8Array }>;
}

export const sharedKind: PluginKind = {
  handshake: fixtureHandshake,
  protocolVersions: [1],
  sharing: 'always',
};
export const singleKind: PluginKind = { ...sharedKind, sharing: 'never' };

/** Everything that a test of one engine needs; disposing of it checks that nothing is left. */
export interface Cell extends AsyncDisposable {
  readonly engine: Engine;
  readonly socketPath: string;
  readonly parent: string;
  /** Of a plugin that is ready in some milliseconds, and misbehaves as its first argument or a key says. */
  readonly image: string;
  readonly definition: DynamicService;
  /** A host with the kinds `kv` (shared) and `single`. What is left of it is part of what `remains` looks for. */
  open(options?: PluginHostOptions): Promise<PluginHost>;
  /** Opens a host for the test and closes it after it, whatever happens; then nothing of it may be left. */
  withHost(options: PluginHostOptions, test: (host: PluginHost) => Promise<void>): Promise<void>;
  /** Containers and folders that are there. */
  remains(host: PluginHost): Promise<string[]>;
}

export async function openCell(testEngine: TestEngine, socketPath: string): Promise<Cell> {
  const engine = await connectEngine({ socketPath });
  const inGo = await loadFixture(engine, 'go-faulty');
  const fixture = inGo.skipped === undefined ? inGo : await loadFixture(engine, 'node-faulty');
  if (fixture.skipped !== undefined) throw new Error(fixture.skipped);
  const definition = (await loadProto('test/plugins/proto/kv.proto'))['proto.KV'];
  if (definition === undefined) throw new Error('kv.proto has no proto.KV');
  const parent = await ownSocketParent(testEngine);
  const cell: Cell = {
    engine,
    socketPath,
    parent: parent.path,
    image: fixture.tag,
    definition,
    open: (options = {}) =>
      PluginHost.open({
        socketPath,
        runtime: 'runc',
        socketDirectory: parent.path,
        kinds: { kv: sharedKind, single: singleKind },
        stopGraceMs: 200,
        ...options,
      }),
    async withHost(options, test) {
      const host = await cell.open(options);
      try {
        await test(host);
      } finally {
        await host.close();
      }
      assert.deepEqual(await cell.remains(host), []);
    },
    remains: (host) => leftovers(engine, host.id, parent.path),
    async [Symbol.asyncDispose]() {
      await engine.close();
      assert.deepEqual(await readdir(parent.path), [], 'folders of hosts that were closed');
      await parent[Symbol.asyncDispose]();
    },
  };
  return cell;
}

/**
 * One suite for each engine, or one that is skipped with the reason. What does not depend on the engine is declared by
 * `itInTurn`, and runs on one of them.
 */
export function describeCells(
  title: string,
  define: (open: () => Promise<Cell>, name: string, itInTurn: TestInTurn) => void,
): void {
  const cells = loadEngines()
    .filter(({ rootless, suite }) => !rootless && suite === chosenSuite())
    .flatMap((engine) =>
      engine.services.filter(({ runtime }) => runtime === 'runc').map(({ socket }) => ({ engine, socket })),
    );
  describe(title, { skip: cells.length === 0 ? noEngines : false, timeout: 3_600_000 }, () => {
    for (const [place, { engine, socket }] of cells.entries()) {
      describe(`on ${engine.suite} ${engine.name}`, () => {
        define(() => openCell(engine, socket), engine.kind, testsInTurn(place, cells.length));
      });
    }
  });
}

/** Where several generations are up, one is enough for a run. */
function chosenSuite(): string {
  const suites = [...new Set(loadEngines().map(({ suite }) => suite))];
  return suites.includes('host') ? 'host' : (suites[0] ?? 'host');
}

/** The only instance there is. */
export function only(host: PluginHost): InstanceSnapshot {
  const [instance] = host.instances();
  if (instance === undefined) throw new Error('there is no instance');
  return instance;
}

export function containerOf(instance: InstanceSnapshot): string {
  if (instance.state.name !== 'ready' || instance.state.containerId === undefined) {
    throw new Error(`the instance is ${instance.state.name}`);
  }
  return instance.state.containerId;
}

export { nextEvent } from './next-event.ts';
