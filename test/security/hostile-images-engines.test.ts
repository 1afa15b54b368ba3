/** Hostile images as engines really take them, and what a check of them costs the host. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { gatherImageFacts, isKnown } from '../../src/compatibility/index.ts';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { BulkheadError } from '../../src/errors.ts';
import { startBulkhead } from '../cli/bulkhead.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { buildElf } from '../program/elf-builder.ts';
import { rawEntry, rawHeader, rawTar } from './raw-tar.ts';

/** A docker-archive that engines load: a configuration, and layers with their digests in it. */
function loadable(
  tag: string,
  layers: readonly Buffer[],
  config: object = { Entrypoint: ['/plugin'] },
): Buffer {
  const digests = layers.map((layer) => `sha256:${createHash('sha256').update(layer).digest('hex')}`);
  const written = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: digests },
  });
  const configName = `${createHash('sha256').update(written).digest('hex')}.json`;
  const names = layers.map((_, index) => `${index}.tar`);
  return rawTar(
    ...layers.map((layer, index) => rawEntry({ name: names[index] ?? '' }, layer)),
    rawEntry({ name: configName }, written),
    rawEntry(
      { name: 'manifest.json' },
      JSON.stringify([{ Config: configName, RepoTags: [tag], Layers: names }]),
    ),
  );
}

function endlessDynamic(): Buffer {
  const elf = Buffer.from(buildElf({ interpreter: '/lib/ld.so', needed: ['libc.so.6'] }));
  elf.writeBigUInt64LE(2n ** 50n, 64 + 2 * 56 + 32);
  return Buffer.concat([elf, Buffer.alloc(32 << 20, 1)]);
}

/** 20,000 files, each of which the layer above takes away, and a program with a dynamic section of 2^50 bytes. */
function heavyLayers(): Buffer[] {
  const files = Array.from({ length: 20_000 }, (_, index) => rawHeader({ name: `d/f${index}` }));
  const gone = Array.from({ length: 20_000 }, (_, index) => rawHeader({ name: `d/.wh.f${index}` }));
  return [rawTar(rawEntry({ name: 'plugin' }, endlessDynamic()), ...files), rawTar(...gone)];
}

/** The memory that the command may have: what it needs for an honest image is some 120 MiB. */
const mostResidentKiB = 400 * 1024;

const all = loadEngines();
if (all.length === 0) it('checks hostile images', { skip: noEngines }, () => undefined);

for (const [number, { name, services, shareDirectory }] of all.entries()) {
  const socketPath = services[0]?.socket;
  if (socketPath === undefined) continue;
  describe(`a hostile image on ${name}`, () => {
    const itInTurn = testsInTurn(number, 2);
    async function withImage(
      archive: (tag: string) => Buffer,
      use: (engine: Engine, tag: string) => Promise<void>,
    ) {
      await using engine = await connectEngine({ socketPath });
      const tag = `localhost/bulkhead-hostile-${process.pid}:1`;
      await engine.images.load(archive(tag));
      try {
        await use(engine, tag);
      } finally {
        await engine.images.remove(tag);
      }
    }

    itInTurn(
      'is unknown with the limit named, and neither stops this process nor fills it',
      { timeout: 300_000 },
      async () => {
        const layers = heavyLayers();
        await withImage(
          (tag) => loadable(tag, layers),
          async (engine, tag) => {
            const delay = monitorEventLoopDelay({ resolution: 5 });
            delay.enable();
            const facts = await gatherImageFacts(engine, tag);
            delay.disable();
            assert.ok(!('absent' in facts) && !isKnown(facts.program));
            assert.match(facts.program.unknown, /\(dynamicBytes\)/);
            assert.ok(isKnown(facts.accounts));
            assert.ok(delay.max / 1e6 < 2000, `the event loop stood still for ${delay.max / 1e6} ms`);

            const { status, output, residentKiB } = await checked(tag, socketPath, shareDirectory);
            assert.equal(status, 3, output);
            assert.match(output, /dynamicBytes/);
            assert.ok(residentKiB < mostResidentKiB, `${residentKiB} KiB`);

            const reason = new Error('enough');
            const abort = new AbortController();
            const reading = gatherImageFacts(engine, tag, {
              cacheDirectory: undefined,
              signal: abort.signal,
            });
            setImmediate(() => {
              abort.abort(reason);
            });
            await assert.rejects(reading, reason);
          },
        );
      },
    );

    itInTurn(
      'with a configuration of 12 MiB is refused by an error that says so',
      { timeout: 300_000 },
      async () => {
        const Env = Array.from({ length: 200_000 }, (_, index) => `VARIABLE_${index}=${'x'.repeat(45)}`);
        const layers = [rawTar(rawEntry({ name: 'plugin' }, '#!/bin/sh\n'))];
        try {
          await withImage(
            (tag) => loadable(tag, layers, { Entrypoint: ['/plugin'], Env }),
            async (engine, tag) => {
              await assert.rejects(gatherImageFacts(engine, tag), (error) => {
                assert.ok(error instanceof BulkheadError);
                assert.equal(error.code, 'ENGINE_PROTOCOL');
                assert.match(error.message, /longer than the 8388608 bytes/);
                return true;
              });
            },
          );
        } catch (error) {
          // Podman takes no configuration above 4 MiB in the first place.
          if (!name.startsWith('podman')) throw error;
          assert.ok(
            error instanceof BulkheadError && error.code === 'ENGINE_OPERATION_FAILED',
            String(error),
          );
        }
      },
    );
  });
}

/** Runs the command itself, and looks at the most memory that it had. */
async function checked(tag: string, socketPath: string, socketDirectory: string) {
  const child = startBulkhead([
    ...['check', tag, '-engine', socketPath, '-oci_runtime=runc'],
    ...['-socket_directory', socketDirectory],
  ]);
  let residentKiB = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'latin1');
      residentKiB = Math.max(residentKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  }, 10);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, status] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    ended,
  ]);
  clearInterval(watch);
  return { status, output: stdout + stderr, residentKiB };
}
