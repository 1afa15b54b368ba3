/** Another user of the machine, who knows every path: what a host and its plugins have is closed to them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { connectEngine } from '../../src/engine/index.ts';
import { loadProto, PluginHost } from '../../src/index.ts';
import { kvService } from '../plugins/kv-service.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { noGo } from '../plugins/go-programs.ts';
import { fixtureHandshake } from '../plugins/images.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import type { Tries } from './another-user.ts';
import { loadAttacker } from './attacker-images.ts';

const nobody = 65_534;
const services = loadEngines().flatMap((testEngine) =>
  testEngine.services
    .filter(({ runtime }) => runtime === 'runc')
    .map(({ socket }) => ({ testEngine, socket })),
);
const skip =
  services.length === 0
    ? noEngines
    : process.geteuid?.() === 0
      ? false
      : 'needs root, to become another user';

/** What worked. The program goes as text, because the other user may not see the checkout. */
async function asNobody(tries: Tries): Promise<string[]> {
  const source = await readFile(new URL('another-user.ts', import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const become = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  // With --eval the first argument after it is where a program's own first argument would be, but one earlier.
  const program = outputText.replace('process.argv[2]', 'process.argv[1]');
  const node = [process.execPath, '--input-type=module', '--eval', program, '--', JSON.stringify(tries)];
  const { stdout, stderr } = spawnSync('setpriv', [...become, ...node], {
    cwd: '/',
    encoding: 'utf8',
    env: {},
  });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as string[];
}

interface Found {
  readonly folders: string[];
  readonly files: string[];
  readonly sockets: string[];
  readonly programs: string[];
}

async function everythingBelow(folder: string): Promise<Found> {
  const found: Found = { folders: [], files: [], sockets: [], programs: [] };
  for (const entry of await readdir(folder, { recursive: true })) {
    const path = join(folder, entry);
    const is = await lstat(path);
    if (is.isDirectory()) found.folders.push(path);
    else if (is.isSocket()) found.sockets.push(path);
    else if (is.isFile()) {
      found.files.push(path);
      if ((is.mode & 0o6000) !== 0) found.programs.push(path);
    }
  }
  return found;
}

describe('another user of the machine', { skip }, () => {
  for (const { testEngine, socket } of services) {
    it(
      `gets at nothing of a host and its plugins on ${testEngine.suite} ${testEngine.name}`,
      { timeout: 180_000 },
      async (t) => {
        await using engine = await connectEngine({ socketPath: socket });
        const [, first = '', second = ''] = socket.split('/');
        const image = await loadAttacker(engine, 'go', {
          canary: '/var/tmp/bulkhead-attack-canary',
          engineFolder: `/${first}/${second}`,
        });
        if (image === undefined) {
          t.skip(noGo);
          return;
        }
        const { 'proto.KV': definition } = await loadProto('test/plugins/proto/kv.proto');
        assert.ok(definition);
        await using parent = await ownSocketParent(testEngine);
        await using host = await PluginHost.open({
          socketPath: socket,
          runtime: 'runc',
          socketDirectory: parent.path,
        });
        await using plugin = await host.start({
          image,
          args: ['setuid-left'],
          user: '0:0',
          handshake: fixtureHandshake,
          protocolVersions: [1],
        });
        await using _served = await plugin.broker.serve([kvService()]);
        // It leaves setuid programs and opens its folder to everybody, as far as it may.
        await plugin
          .client<{ Get(request: { key: string }): Promise<unknown> }>(definition)
          .Get({ key: 'attack' });
        const { folders, files, sockets, programs } = await everythingBelow(parent.path);
        assert.ok(folders.length >= 2 && sockets.length >= 1, 'there is something to get at');
        const worked = await asNobody({
          read: [
            ...files,
            `/proc/${process.pid}/environ`,
            `/proc/${process.pid}/mem`,
            `/proc/${process.pid}/maps`,
          ],
          list: [...folders, `/proc/${process.pid}/fd`, `/proc/${process.pid}/root/root`],
          write: folders.map((folder) => join(folder, 'new')),
          execute: programs,
          connect: sockets,
          signal: [process.pid],
        });
        assert.deepEqual(worked, []);
      },
    );
  }
});
