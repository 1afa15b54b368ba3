/** The socket over which commands ask a host: when there is one, who can use it, and what is left of it. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findHosts } from '../../src/cli/control/ask-hosts.ts';
import { BulkheadError, InvalidOptionError, PluginHost, type PluginHostOptions } from '../../src/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from './socket-parent.ts';

const [engine] = loadEngines();
const socketPath = engine?.services[0]?.socket;
const limits = { timeout: 120_000, skip: socketPath === undefined && noEngines };
const { signal } = new AbortController();

async function inWorld(
  test: (world: {
    directory: string;
    open: (options?: PluginHostOptions) => Promise<PluginHost>;
  }) => Promise<void>,
): Promise<void> {
  assert.ok(engine);
  const directory = await mkdtemp(join(tmpdir(), 'control-'));
  await using parent = await ownSocketParent(engine);
  try {
    await test({
      directory,
      open: (options) => PluginHost.open({ directory, socketPath, socketDirectory: parent.path, ...options }),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

describe('the socket of a host', limits, () => {
  it('is there for its owner while the host is open, and answers', async () => {
    await inWorld(async ({ directory, open }) => {
      const host = await open();
      const other = await open();
      const names = await readdir(join(directory, 'hosts'));
      assert.equal(names.length, 2);
      assert.equal((await stat(join(directory, 'hosts'))).mode & 0o777, 0o700);
      for (const name of names) {
        const { mode, uid } = await stat(join(directory, 'hosts', name));
        assert.deepEqual([mode & 0o777, uid], [0o600, process.getuid?.()]);
      }
      const { running: hosts } = await findHosts({ directory, trustedOwners: [] }, { signal });
      assert.deepEqual(hosts.map(({ state }) => state.hostId).sort(), [host.id, other.id].sort());
      await host.close();
      await other.close();
      assert.deepEqual(await readdir(join(directory, 'hosts')), []);
    });
  });

  it('is left out when it is not wanted, and without a directory', async () => {
    await inWorld(async ({ directory, open }) => {
      await using _silent = await open({ control: false });
      await using _without = await open({ directory: undefined });
      assert.ok(!(await readdir(directory)).includes('hosts'));
    });
  });

  it('needs a directory when it is asked for', async () => {
    await assert.rejects(
      PluginHost.open({ control: true }),
      (error) => error instanceof InvalidOptionError && error.option === 'control',
    );
    await assert.rejects(
      PluginHost.open({ control: 'yes' as unknown as boolean }),
      (error) => error instanceof InvalidOptionError && error.option === 'control',
    );
  });

  it('may be missing where it can not be made: the host warns, or does not open when it was asked for', async () => {
    await inWorld(async ({ directory, open }) => {
      await writeFile(join(directory, 'hosts'), 'in the way');
      const said: string[] = [];
      const note = (message: string): void => void said.push(message);
      const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
      await using host = await open({ logger });
      assert.deepEqual(host.instances(), []);
      assert.ok(
        said.some((message) => message.includes('has no socket in its directory')),
        said.join('\n'),
      );
      await assert.rejects(open({ control: true }), (error) => !(error instanceof TypeError));
    });
  });

  it('answers no request that it does not know', async () => {
    await inWorld(async ({ directory, open }) => {
      await using _host = await open();
      const [running] = (await findHosts({ directory, trustedOwners: [] }, { signal })).running;
      assert.ok(running);
      await assert.rejects(
        async () => {
          for await (const answer of running.ask({ op: 'stop' } as never, { signal }))
            assert.fail(JSON.stringify(answer));
        },
        (error) => error instanceof BulkheadError && error.code === 'INVALID_OPTION',
      );
    });
  });
});
