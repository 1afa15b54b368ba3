/** A server whose directory has become read-only still ends everything that it has opened. */
import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { PluginHost } from '../../src/host/index.ts';
import { openServer } from '../../src/server/index.ts';
import { smallDisk } from '../../src/soak/disk.ts';

// Without mounts, a server asks nothing of its host.
const unused = (): never => assert.fail('nothing is asked of the host');
const host = { mount: unused, reload: unused, instances: unused } as unknown as PluginHost;

it('closes without an error, names the sockets that it had to leave, and gives the storage to the next one', async (t) => {
  await using disk = await smallDisk();
  if (!disk.own) {
    t.skip('only root can mount a disk, where there are loop devices');
    return;
  }
  await chmod(disk.path, 0o700);
  const problems: string[] = [];
  const options = {
    directory: join(disk.path, 'bulkhead'),
    onProblem: ({ what }: { what: string }) => problems.push(what),
  };
  const server = await openServer(host, options);
  const lift = disk.close();
  await server.close();
  assert.deepEqual(problems.sort(), [
    'the socket of the mounts could not be removed from its directory',
    'the socket of the server could not be removed from its directory',
  ]);
  lift();
  await using next = await openServer(host, options);
  assert.equal(next.adminToken, undefined, 'the token of the first start counts');
});
