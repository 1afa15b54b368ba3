/**
 * A provider of Terraform, as published, is a plugin of a kind of one's own: its cookie, two protocol versions, never
 * shared. Building it takes minutes, so this runs where BULKHEAD_TERRAFORM is set: `BULKHEAD_TERRAFORM=1 npm run test:file
 * test/cli/terraform.test.ts`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wellKnownKinds } from '../../src/kinds/well-known.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { linesOf } from './command-world.ts';
import { openWorld } from './plugin-world.ts';

const notAsked = 'BULKHEAD_TERRAFORM is not set: building a provider takes minutes';
const engine = loadEngines().find(({ rootless, suite }) => !rootless && suite === 'host');
const skip = (process.env['BULKHEAD_TERRAFORM'] ?? '') === '' ? notAsked : engine === undefined && noEngines;

describe('a Terraform provider', { timeout: 900_000, skip }, () => {
  for (const type of ['tf', 'terraform-provider']) {
    it(`is registered, run, called and reloaded as ${type}`, async (t) => {
      assert.ok(engine);
      await using world = await openWorld(engine, t, 'go-terraform-provider');
      if (world.image === undefined) return;
      const { bulkhead, ok, where, image } = world;
      if (type === 'tf') {
        const { magicCookieKey, magicCookieValue } = wellKnownKinds['terraform-provider'];
        const cookie = `-cookie=${magicCookieKey}=${magicCookieValue}`;
        const versions = ['-protocol=5', '-protocol=6'];
        await ok(
          'plugin',
          'kind',
          'register',
          type,
          cookie,
          ...versions,
          '-sharing=never',
          '-probe=grpc-health',
        );
      }
      await ok('plugin', 'register', `-oci_image=${image}`, '-runtime=fast', ...where, type, 'time');
      const host = world.start('run', `${type}/time`, ...where);
      await linesOf(host).until(/^protocol_version +5$/m);
      const schema = JSON.parse(await ok('call', 'time', 'tfplugin5.Provider/GetProviderSchema')) as {
        resource_schemas: Record<string, unknown>;
      };
      assert.deepEqual(Object.keys(schema.resource_schemas).sort(), [
        'time_offset',
        'time_rotating',
        'time_sleep',
        'time_static',
      ]);
      const wrong = await bulkhead('call', 'time', 'Provider/ValidateResourceTypeConfig', '{"typeName":"x"}');
      assert.equal(wrong.status, 2);
      assert.match(wrong.stderr, /no field "typeName"; did you mean type_name\?/);
      assert.equal(await ok('plugin', 'reload', '-plugin=time'), 'Success! Reloaded plugin: time\n');
      await ok('call', 'time', 'tfplugin5.Provider/GetProviderSchema');
      const rows = await world.processes();
      assert.deepEqual([rows[0]?.type, rows[0]?.name, rows[0]?.state], [type, 'time', 'ready']);
      await ok('logs', 'time');
      await world.end(host);
      assert.deepEqual(await world.containers(), []);
    });
  }
});
