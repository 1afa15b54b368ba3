import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import type { TestEngine } from '../engines/engines.ts';
import { loadFixture, type FixtureName } from '../plugins/images.ts';
import { leftovers } from './leftovers.ts';
import { ownSocketParent } from './socket-parent.ts';

/** One service of an engine that is up. */
export interface Place {
  readonly testEngine: TestEngine;
  readonly runtime: string;
  readonly socket: string;
}

/** Runs the test with a host on that engine and the fixture's image; afterwards nothing of the host may be left. */
export async function withFixture(
  t: TestContext,
  { testEngine, runtime, socket }: Place,
  fixture: FixtureName,
  test: (given: {
    readonly engine: Engine;
    readonly host: PluginHost;
    readonly image: string;
    /** Below it are the sockets of the plugins. */
    readonly socketDirectory: string;
  }) => Promise<void>,
): Promise<void> {
  await using engine = await connectEngine({ socketPath: socket });
  const image = await loadFixture(engine, fixture);
  if (image.skipped !== undefined) {
    t.skip(image.skipped);
    return;
  }
  await using parent = await ownSocketParent(testEngine);
  const host = await PluginHost.open({ socketPath: socket, runtime, socketDirectory: parent.path });
  try {
    await test({ engine, host, image: image.tag, socketDirectory: parent.path });
  } finally {
    await host.close();
  }
  assert.deepEqual(await leftovers(engine, host.id, parent.path), []);
}
