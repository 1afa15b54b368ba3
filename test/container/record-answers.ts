/**
 * Records what each engine that is up answers about a container that was made from a plugin's create request:
 * `node --import tsx test/container/record-answers.ts`. The files are read by `recorded-answers.ts`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRequest } from '../../src/container/create-request.ts';
import { planLaunch } from '../../src/container/launch-plan.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { ensureTestImage, testImage } from '../engine/support/busybox-image.ts';
import { loadEngines } from '../engines/engines.ts';
import { answersFolder, type RecordedAnswer } from './recorded-answers.ts';

/** Where files lie, which nothing reads and which is of one machine. */
const places =
  /^(State|GraphDriver|StaticDir|OCIConfigPath|ConmonPidFile|PidFile|ResolvConfPath|HostnamePath|HostsPath|LogPath)$/;

for (const { suite, name, services, shareDirectory } of loadEngines()) {
  for (const { runtime, socket } of services) {
    await using engine = await connectEngine({ socketPath: socket });
    await ensureTestImage(engine);
    const socketDirectory = await mkdtemp(join(shareDirectory, 'record-'));
    const options = {
      image: testImage,
      runtime,
      user: '1000:1000',
      mlock: true,
      env: { KEY: 'value' },
      args: ['/bin/sleep', '1'],
      workingDirectory: '/tmp',
      tmpfs: [{ path: '/data' }],
      ulimits: [{ name: 'nofile', soft: 1024, hard: 2048 }],
      override: 'refused' as const,
      socketDirectory: shareDirectory,
    };
    const { imageId, strategy } = await planLaunch(engine, options);
    const request = createRequest({
      name: `record-${process.pid}`,
      imageId,
      options,
      strategy,
      pluginFolder: socketDirectory,
      environment: { COOKIE: 'cookie' },
      labels: { 'io.bulkhead.host': 'h' },
    });
    const { id } = await engine.containers.create(request);
    try {
      const { raw } = await engine.containers.inspect(id);
      const { raw: _raw, ...image } = await engine.images.inspect(imageId);
      const { kind, version, info } = engine;
      const recorded: RecordedAnswer = {
        engine: { kind, version, info: { ...info, name: 'host', storageRoot: '/var/lib/engine', raw: null } },
        request,
        image: { ...image, raw: null },
        answer: Object.fromEntries(Object.entries(raw as object).filter(([field]) => !places.test(field))),
      };
      const text = JSON.stringify(recorded, null, 1).replaceAll(socketDirectory, '/run/plugins/a');
      await writeFile(join(answersFolder, `${suite}-${name}-${runtime}.json`), `${text}\n`);
    } finally {
      await engine.containers.remove(id, { force: true });
      await rm(socketDirectory, { recursive: true });
    }
  }
}
