/** The probe's plugin with the files that its image has: none of them is of a package. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPlugin, subprocessRunner } from '../../src/goplugin/index.ts';
import { probeHandshake } from '../../src/matrix/probe/services.ts';
import { builtPackage } from '../plugins/built-package.ts';

test('the probe runs without any package beside it', { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-probe-'));
  try {
    const code = join(await builtPackage(), 'dist');
    for (const part of ['goplugin', 'linux', 'settings', 'waiting', 'matrix/probe']) {
      await cp(join(code, part), join(folder, part), { recursive: true });
    }
    await cp(code, folder, {
      recursive: true,
      filter: (path) => path === code || /dist\/[^/]+\.js$/.test(path),
    });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    await using plugin = await startPlugin({
      createRunner: subprocessRunner({
        command: process.execPath,
        args: [join(folder, 'matrix/probe/plugin.js')],
      }),
      handshake: probeHandshake,
      protocolVersions: [1],
    });
    await plugin.health();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
