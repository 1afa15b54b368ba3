/** Rootless as people use it: host process and engine belong to the same ordinary user. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { connectEngine } from '../../../src/engine/index.ts';
import { runNodeAsUser } from '../../engines/as-user.ts';
import { loadEngines, noEngines } from '../../engines/engines.ts';
import { inTurn } from '../../engines/in-turn.ts';
import { anyKeyValue, loadFixture } from '../../plugins/images.ts';
import { programArgs } from '../../plugins/program-args.ts';

const engines = loadEngines().filter(({ rootless }) => rootless);

if (engines.length === 0) it('launches as an ordinary user', { skip: noEngines }, () => undefined);

for (const [number, engine] of engines.entries()) {
  for (const [place, { runtime, socket }] of engine.services.entries()) {
    describe(`an ordinary user on ${engine.suite} ${engine.name} ${runtime}`, () => {
      for (const user of inTurn(['65532:65532', '0:0'], number + place)) {
        it(`runs a plugin as ${user} in the container`, { timeout: 120_000 }, async () => {
          await using connection = await connectEngine({ socketPath: socket });
          const image = await loadFixture(connection, anyKeyValue);
          assert.ok(image.skipped === undefined);
          const parent = await mkdtemp(join(engine.shareDirectory, 'user-'));
          await chown(parent, engine.user.uid, engine.user.gid);
          const temporary = join(parent, 'tmp');
          await mkdir(temporary);
          await chown(temporary, engine.user.uid, engine.user.gid);
          try {
            const child = runNodeAsUser(
              [
                ...programArgs('test/host/launching/launch-once.ts'),
                socket,
                runtime,
                image.tag,
                user,
                parent,
              ],
              { engine, environment: { TMPDIR: temporary } },
            );
            assert.ok(child.stdout && child.stderr);
            const [stdout, stderr] = await Promise.all([
              text(child.stdout),
              text(child.stderr),
              once(child, 'close'),
            ]);
            assert.notEqual(stdout, '', stderr);
            assert.deepEqual(JSON.parse(stdout), { uid: engine.user.uid, value: 'hello', left: [] });
          } finally {
            await rm(parent, { recursive: true, force: true });
          }
        });
      }
    });
  }
}
