/** A container leaves a set-user-id program in its folder, for local users to run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import { PluginHost } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { fixtureHandshake } from '../plugins/images.ts';
import { loadTrespasser, trespasserService, type Trespasser } from './trespasser.ts';

const engines = loadEngines();
const limits = { timeout: 120_000 };
const needsRoot = process.geteuid?.() === 0 ? false : 'only root can act as other users of the machine';
const nobody = { name: 'nobody', uid: 65534, gid: 65534 };

if (engines.length === 0) it('keeps programs from local users', { skip: noEngines }, () => undefined);

for (const testEngine of engines) {
  for (const { runtime, socket } of testEngine.services.filter((each) => each.runtime !== 'crun')) {
    describe(`${testEngine.suite} ${testEngine.name} ${runtime}`, () => {
      it(
        'lets no local user reach a set-user-id program that a container left',
        { ...limits, skip: needsRoot },
        async (t) => {
          await using engine = await connectEngine({ socketPath: socket });
          const image = await loadTrespasser(t, engine);
          if (image === undefined) return;
          await using parent = await ownSocketParent(testEngine);
          await using host = await PluginHost.open({
            socketPath: socket,
            runtime,
            socketDirectory: parent.path,
          });
          const plugin = await host.start({
            image,
            user: '0:0',
            handshake: fixtureHandshake,
            protocolVersions: [1],
            tmpfs: [{ path: '/tmp' }],
          });
          const client = plugin.client<Trespasser>(trespasserService);
          await client.Put({ key: 'setuid', value: Buffer.alloc(0) });
          const names = await readdir(parent.path, { recursive: true });
          const left = names.find((name) => name.endsWith('/rootshell'));
          assert.ok(left !== undefined, 'the attack was carried out');
          const program = join(parent.path, left);
          assert.equal((await stat(program)).mode & 0o7777, 0o4755);
          // The user of a rootless engine is root of its containers, and needs no program for that.
          for (const { name, uid, gid } of testEngine.rootless ? [nobody] : [nobody, testEngine.user]) {
            const ran = spawnSync(program, ['euid'], { uid, gid, encoding: 'utf8' });
            assert.equal(
              (ran.error as NodeJS.ErrnoException | undefined)?.code,
              'EACCES',
              `${name} ran it: ${ran.stdout}`,
            );
          }
          for (const name of ['', ...names.filter((each) => !each.includes('/'))]) {
            const { mode } = await stat(join(parent.path, name));
            if (name.startsWith('bulkhead-h-')) assert.equal(mode & 0o7707, 0o0700, name);
          }
        },
      );
    });
  }
}
