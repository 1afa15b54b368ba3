/**
 * Runs in a guest: a plugin takes more memory than its limit, on each engine and runtime, and what its launch says of it is
 * appended to FILE, a line of JSON for each.
 *
 *     node out-of-memory.js FILE [TIMES]
 */
import { appendFile } from 'node:fs/promises';
import { BulkheadError, loadImage } from 'bulkhead';
import { userImageCache } from 'bulkhead/compatibility';
import { guestEngines, handshake, packProber } from './guest-engines.ts';

const [file = 'checks.jsonl', times = '2'] = process.argv.slice(2);
await using found = await guestEngines(() => true);
const image = await packProber('plain', []);
for (const engine of found.engines) {
  const present = await engine.images.inspect(image.tag).catch(() => undefined);
  if (present === undefined) await loadImage(engine, image);
  const host = await found.hostOf(engine);
  for (const runtime of ['runc', 'crun', 'runsc']) {
    // The kernel's cgroups limit nothing of a rootless sandbox of gVisor, so that a limit is refused there.
    const isRefused = engine.rootless && runtime === 'runsc';
    // Where nothing can be launched at all, as with SELinux, there is no limit to tell of.
    const { status } = await host.check({
      image: image.tag,
      runtime,
      imageCacheDirectory: userImageCache(),
    });
    const isPlanned = status !== 'refused';
    const pattern = !isPlanned ? /^LAUNCH_REFUSED/ : isRefused ? /memory/ : /used more memory than its limit/;
    for (let time = 0; time < Number(times); time += 1) {
      const seen = await host
        .start({
          ...{
            image: image.tag,
            runtime,
            args: ['hog=256'],
            memoryBytes: 64 * 1024 * 1024,
            startTimeoutMs: 600_000,
          },
          ...{ handshake, protocolVersions: [1], imageCacheDirectory: userImageCache() },
        })
        .then(
          () => 'it was started',
          (error: unknown) => `${BulkheadError.from(error).code}: ${BulkheadError.from(error).message}`,
        );
      const check = {
        check: 'out of memory',
        on: `${engine.kind} ${engine.rootless ? 'rootless' : 'rootful'} ${runtime}`,
        wanted: !isPlanned
          ? 'every launch is refused'
          : isRefused
            ? 'the limit is refused'
            : 'told as an end for want of memory',
        seen,
        ok: pattern.test(seen) && seen.startsWith('LAUNCH_REFUSED') === (isRefused || !isPlanned),
      };
      console.log(JSON.stringify(check));
      await appendFile(file, `${JSON.stringify(check)}\n`);
    }
  }
}
