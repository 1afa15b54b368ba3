/**
 * What is kept of a Podman service is used while that very service lives, and by nobody who could be deceived with it.
 * What was read from the cache is told by a host name that no engine has.
 */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { engineInfoCache } from '../../src/compatibility/index.ts';
import { connectEngine, InvalidOptionError, type ConnectOptions } from '../../src/engine/index.ts';
import { findExecutable, searchPath } from '../../src/linux/find-executable.ts';
import { startFaultProxy, startPodmanService } from '../../src/testing/index.ts';
import { loadEngines } from '../engines/engines.ts';

const timeout = 60_000;
const podman = await findExecutable('podman', searchPath(process.env['PATH']));
const skip = podman === undefined ? 'podman is not installed' : false;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('what a Podman service said of itself', { skip }, () => {
  it('is used as long as the service lives, if it is what the service said', { timeout }, async () => {
    const cache = join(folder, 'cache');
    const nameAt = async (socketPath: string) => {
      await using engine = await connectEngine({ socketPath, infoCache: engineInfoCache(cache) });
      return engine.info.name;
    };
    await using service = await startPodmanService();
    assert.equal(await nameAt(service.socketPath), hostname());
    const [name = ''] = await readdir(cache);
    const file = join(cache, name);
    const kept = await readFile(file, 'utf8');
    const told = kept.replaceAll(JSON.stringify(hostname()), '"told-by-the-cache"');
    assert.notEqual(told, kept);
    const nameWith = async (text: string) => {
      await writeFile(file, text);
      return nameAt(service.socketPath);
    };
    assert.equal(await nameWith(told), 'told-by-the-cache');

    const otherwise = (change: (content: Record<string, unknown>) => void) => {
      const content = JSON.parse(told) as Record<string, unknown>;
      change(content);
      return JSON.stringify(content);
    };
    const unusable: Record<string, string> = {
      'another process': otherwise(({ service }) => Object.assign(service as object, { startTime: '1' })),
      'an earlier boot': otherwise(({ service }) => Object.assign(service as object, { bootId: 'x' })),
      'another version': otherwise(({ engine }) => Object.assign(engine as object, { version: '4.0.0' })),
      'long ago': otherwise((content) => Object.assign(content, { keptAt: Date.now() - 700_000 })),
      'the future': otherwise((content) => Object.assign(content, { keptAt: Date.now() + 60_000 })),
      'another form': otherwise((content) => Object.assign(content, { format: 0 })),
      'no answer of Podman': otherwise((content) => Object.assign(content, { answers: { info: {} } })),
      'torn in the middle': told.slice(0, told.length / 2),
    };
    for (const [what, text] of Object.entries(unusable)) {
      assert.equal(await nameWith(text), hostname(), what);
      assert.match(await readFile(file, 'utf8'), new RegExp(JSON.stringify(hostname())), what);
    }

    await writeFile(file, told);
    await chmod(file, 0o666);
    assert.equal(await nameAt(service.socketPath), hostname(), 'a file that others may write');
  });

  it('is not kept where another process is between', { timeout }, async () => {
    const cache = join(folder, 'proxied');
    await using service = await startPodmanService();
    await using proxy = await startFaultProxy({ target: service.socketPath });
    await using engine = await connectEngine({
      socketPath: proxy.socketPath,
      infoCache: engineInfoCache(cache),
    });
    assert.equal(engine.info.name, hostname());
    await assert.rejects(readdir(cache), { code: 'ENOENT' });
  });
});

it('needs both halves of a cache', async () => {
  for (const infoCache of [{}, { read: () => Promise.resolve(undefined) }, 7]) {
    const options = { socketPath: '/nonexistent', infoCache } as unknown as ConnectOptions;
    await assert.rejects(connectEngine(options), InvalidOptionError);
  }
});

const docker = loadEngines().find(({ name }) => name.startsWith('docker'));
it(
  'is not kept of a Docker, which can be given other runtimes at any time',
  { skip: docker === undefined ? 'no Docker is up' : false },
  async () => {
    const cache = join(folder, 'docker');
    await using engine = await connectEngine({
      socketPath: docker?.services[0]?.socket,
      infoCache: engineInfoCache(cache),
    });
    assert.equal(engine.kind, 'docker');
    await assert.rejects(readdir(cache), { code: 'ENOENT' });
  },
);
