/** From a packed plugin to a supervised one and back to nothing, on a real engine. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { testsInTurn } from '../engines/in-turn.ts';
import { loadFixture } from '../plugins/images.ts';
import { linesOf, openCommandWorld } from './command-world.ts';

const engines = loadEngines().filter(({ rootless, suite }) => !rootless && suite === 'host');

if (engines.length === 0) it('keeps a registered plugin running', { skip: noEngines }, () => undefined);

for (const [number, testEngine] of engines.entries()) {
  describe(`a registered plugin on ${testEngine.name}`, { timeout: 600_000 }, () => {
    const itInTurn = testsInTurn(number, engines.length);
    itInTurn('is kept running, asked, reloaded, killed and served again, and leaves nothing', async (t) => {
      await using world = await openCommandWorld(testEngine);
      const { bulkhead, engine, where } = world;
      const fixture = await loadFixture(engine, 'node-vault-kv');
      if (fixture.skipped !== undefined) {
        t.skip(fixture.skipped);
        return;
      }
      assert.equal((await bulkhead('plugin', 'runtime', 'register', '-oci_runtime=runc', 'fast')).status, 0);
      const registered = await bulkhead(
        'plugin',
        'register',
        `-oci_image=${fixture.tag}`,
        '-runtime=fast',
        ...where,
        'secret',
        'kv',
      );
      assert.deepEqual(
        [registered.status, registered.stdout],
        [0, 'Success! Registered plugin: kv\n'],
        registered.stderr,
      );

      // Without a host: a call starts it, and stops it.
      const alone = await bulkhead('call', 'kv', 'KV/Put', '{"key":"a","value":"aGVsbG8="}', ...where);
      assert.deepEqual([alone.status, alone.stdout], [0, '{}\n'], alone.stderr);
      assert.deepEqual(await world.containers(), []);

      const host = world.start('run', 'secret/kv', ...where);
      const output = linesOf(host);
      await output.until(/^protocol_version +5$/m);
      const [first] = await world.processes();
      assert.deepEqual(
        [first?.type, first?.name, first?.state, first?.restarts, first?.mounts, first?.pid],
        ['secret', 'kv', 'ready', 0, 1, host.pid],
      );
      assert.ok((first?.memory_bytes ?? 0) > 0 || testEngine.kind === 'podman');

      // With a host: the one that runs is called, so it remembers.
      assert.equal((await bulkhead('call', 'kv', 'KV/Put', '{"key":"a","value":"aGVsbG8="}')).status, 0);
      const got = await bulkhead('call', 'secret/kv', 'KV/Get', '{"key":"a"}');
      assert.deepEqual(JSON.parse(got.stdout), { value: 'aGVsbG8=' });
      const wrong = await bulkhead('call', 'kv', 'KV/Gte', '{}');
      assert.deepEqual([wrong.status, wrong.stderr.includes('did you mean Get?')], [2, true]);

      const logs = await bulkhead('logs', 'kv');
      assert.match(logs.stdout, /^\d{4}-\S+ \[debug\] plugin address/m);

      const reloaded = await bulkhead('plugin', 'reload', '-plugin=kv');
      assert.deepEqual(
        [reloaded.status, reloaded.stdout],
        [0, 'Success! Reloaded plugin: kv\n'],
        reloaded.stderr,
      );
      const [second] = await world.processes();
      assert.notEqual(second?.container, first?.container);

      host.kill('SIGHUP');
      await output.until(/secret kv was reloaded/);

      const [third] = await world.processes();
      await engine.containers.kill(third?.container ?? '');
      const served = await bulkhead('call', 'kv', 'KV/Put', '{"key":"b","value":""}');
      assert.equal(served.status, 0, served.stderr);
      const [fourth] = await world.processes();
      assert.deepEqual([fourth?.restarts, fourth?.instance], [1, third?.instance]);

      // The second end in a row is followed by a pause, in which nothing but the host keeps the process alive.
      await engine.containers.kill(fourth?.container ?? '');
      await output.until(/secret kv is backing-off[^]*secret kv is ready/);

      // What follows the logs ends with the host.
      const follower = world.start('logs', '-f', 'kv');
      await linesOf(follower).until(/plugin address/);
      const followed = once(follower, 'exit');
      const ended = once(host, 'exit');
      host.kill('SIGINT');
      assert.deepEqual(await ended, [0, null], output.text());
      await followed;

      assert.deepEqual(await world.containers(), []);
      assert.deepEqual(await readdir(world.sockets), []);
      assert.deepEqual(await readdir(join(world.directory, 'hosts')), []);
      assert.equal((await bulkhead('logs', 'kv')).status, 1);
      assert.equal((await bulkhead('plugin', 'reload', '-plugin=kv')).status, 1);
    });

    itInTurn('is swept after its host was killed', async (t) => {
      await using world = await openCommandWorld(testEngine);
      const { bulkhead, engine, where } = world;
      const fixture = await loadFixture(engine, 'node-vault-kv');
      if (fixture.skipped !== undefined) {
        t.skip(fixture.skipped);
        return;
      }
      await bulkhead('plugin', 'runtime', 'register', '-oci_runtime=runc', 'fast');
      await bulkhead(
        'plugin',
        'register',
        '-skip_probe',
        `-oci_image=${fixture.tag}`,
        '-runtime=fast',
        'secret',
        'kv',
      );
      const host = world.start('run', 'kv', ...where);
      await linesOf(host).until(/^protocol_version/m);
      const ended = once(host, 'exit');
      host.kill('SIGKILL');
      await ended;
      const swept = await bulkhead('gc', '-format=json', ...where);
      assert.equal(swept.status, 0, swept.stderr);
      assert.deepEqual(await world.containers(), []);
      assert.deepEqual(await readdir(world.sockets), []);
      assert.equal((await bulkhead('ps', '-format=json', ...where.slice(0, 1))).status, 0);
    });
  });
}
