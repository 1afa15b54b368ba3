/** A mount of Vault's that is closed while its container can't be removed. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { expectsAt } from '../../src/container/index.ts';
import { PluginHost } from '../../src/index.ts';
import { openVaultMount, type VaultProblem } from '../../src/vault/index.ts';
import { startFaultProxy } from '../../src/testing/index.ts';
import { noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { withFixture } from '../host/with-fixture.ts';
import { oneCell } from './mounted.ts';

const cell = oneCell();
const body = JSON.stringify({ message: 'the storage is busy', cause: 'made up', response: 500 });
/** With which an engine refuses a removal. */
const busy = Buffer.from(
  `HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

const limits = { skip: cell === undefined && noEngines, timeout: 900_000 };
it('a mount that can not be closed as a whole tells so, and ends no process', limits, async (t) => {
  assert.ok(cell !== undefined);
  const { testEngine, socket, runtime } = cell;
  await using proxy = await startFaultProxy({ target: socket });
  await withFixture(t, cell, 'go-vault-fixture', async ({ image }) => {
    await using parent = await ownSocketParent(testEngine);
    const socketDirectory = parent.path;
    const host = await PluginHost.open({ socketPath: proxy.socketPath, runtime, socketDirectory });
    const plugin = { type: 'secret', name: 'fixture' } as const;
    await host.plugins.register({ ...plugin, ociImage: image }, { skipProbe: true });
    const problems = new EventEmitter<{ problem: [VaultProblem] }>();
    const onProblem = (problem: VaultProblem) => problems.emit('problem', problem);
    const mount = await openVaultMount(host, { ...plugin, onProblem });
    proxy.fault = ({ method }) =>
      method === 'DELETE' ? { kind: 'replace', bytes: busy, asked: false } : { kind: 'none' };
    const told = once(problems, 'problem') as Promise<[VaultProblem]>;
    // A rejection that nobody handles would fail this test.
    await assert.rejects(mount.close(), { code: 'CLEANUP_FAILED' });
    const [{ what, error }] = await told;
    assert.equal(what, 'the mount was not closed as a whole');
    assert.equal((error as { code?: string }).code, 'CLEANUP_FAILED');
    proxy.fault = { kind: 'none' };
    while (expectsAt(proxy.socketPath)) await delay(20);
    await host.close();
  });
});
