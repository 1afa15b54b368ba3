/** What a user has who runs plugins of kinds: an image and a plugin runtime, beside what every command needs. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import type { TestEngine } from '../engines/engines.ts';
import { typescriptArgs } from '../goplugin/fixtures/start.ts';
import { loadFixture, type FixtureName } from '../plugins/images.ts';
import { openCommandWorld } from './command-world.ts';

/** An engine with an image and a plugin runtime, a directory and a folder for sockets of the test's own, which end with it. */
export async function openWorld(
  testEngine: TestEngine,
  t: TestContext,
  fixture: FixtureName,
  { ociRuntime = 'runc' }: { readonly ociRuntime?: string } = {},
) {
  // The key by which containers are known is in the directory for all of them: there is no home.
  const world = await openCommandWorld(testEngine, { HOME: '/nonexistent' });
  const found = await loadFixture(world.engine, fixture);
  if (found.skipped !== undefined) t.skip(found.skipped);
  await world.ok('plugin', 'runtime', 'register', `-oci_runtime=${ociRuntime}`, '-tmpfs=/tmp', 'fast');
  const ownProgram = `${world.directory}.mts`;
  return {
    ...world,
    image: found.skipped === undefined ? found.tag : undefined,
    /** Starts a program of the user's own. */
    async program(source: string): Promise<ChildProcess> {
      await writeFile(ownProgram, source);
      return world.adopt(
        spawn(process.execPath, [...typescriptArgs, ownProgram], {
          env: { PATH: process.env['PATH'] ?? '', ...world.environment },
        }),
      );
    },
    async end(host: ChildProcess): Promise<void> {
      const ended = once(host, 'exit');
      host.kill('SIGINT');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await rm(ownProgram, { force: true });
    },
  };
}
