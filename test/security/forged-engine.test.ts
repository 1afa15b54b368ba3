/**
 * A container whose root calls itself `dockerd` or `podman`, with a socket of the engine's path and a `/usr/bin/runsc` of
 * its own: whoever takes it for the engine judges by what it shows, and runs its program as root of the host.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findEngineProcess } from '../../src/compatibility/gather/engine-process.ts';
import { gatherEngineFacts, isKnown } from '../../src/compatibility/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { bulkhead } from '../cli/bulkhead.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { startForgedEngine } from './attackers/forged-engine.ts';

const rootful = loadEngines().filter(({ rootless }) => !rootless);
const skip =
  rootful.length === 0
    ? noEngines
    : process.geteuid?.() !== 0
      ? 'needs root'
      : goOnThePath() === undefined
        ? noGo
        : false;

describe('a container that poses as the engine', { skip, timeout: 900_000 }, () => {
  for (const { suite, name, kind, services } of rootful) {
    for (const service of services) {
      for (const network of ['none', 'mirror'] as const) {
        it(`is neither believed nor run by root, beside ${suite} ${name} with ${service.runtime} and network ${network}`, async () => {
          const folder = await mkdtemp(join(tmpdir(), 'forged-'));
          const mark = join(folder, 'ran');
          try {
            await using engine = await connectEngine({ socketPath: service.socket });
            const honest = await gatherEngineFacts(engine);
            const before = await findEngineProcess(engine);
            assert.ok(isKnown(before), 'unknown' in before ? before.unknown : '');
            await using forged = await startForgedEngine({ kind, service, mark, network });

            for (let round = 0; round < 5; round++) {
              const found = await findEngineProcess(engine);
              assert.notEqual('value' in found && found.value.pid, forged.pid);
              assert.deepEqual(await gatherEngineFacts(engine), honest);
            }
            const { status, stderr } = bulkhead(['doctor', `-engine=${service.socket}`]);
            assert.notEqual(status, 2, stderr);
            // Others on this machine may look at the same engine with another version.
            const runners = existsSync(mark) ? readFileSync(mark, 'utf8').trim().split('\n') : [];
            assert.ok(!runners.includes(process.cwd()), 'the program of the container was run on the host');
          } finally {
            await rm(folder, { recursive: true, force: true });
          }
        });
      }
    }
  }
});
