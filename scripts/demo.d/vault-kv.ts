import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import type { PluginHost } from 'bulkhead';
import { memoryStorage, openVaultMount } from 'bulkhead/vault';
import { line } from './report.ts';

/**
 * Vault's key/value secrets engine in version 2, which Vault itself can't run as an external plugin. What it has stored
 * survives its container.
 */
export async function runVaultKv(host: PluginHost, image: string): Promise<void> {
  const begin = performance.now();
  const { plugin } = await host.plugins.register({ type: 'secret', name: 'kv', ociImage: image });
  line('registered', `${plugin.type}/${plugin.name}, after it was tried`);
  await using kv = await openVaultMount(host, {
    type: 'secret',
    name: 'kv',
    path: 'secret',
    storage: memoryStorage(),
    config: { version: '2' },
  });
  line('mounted in', `${Math.round(performance.now() - begin)} ms, with the start before`);
  await kv.write('data/colours', { data: { sky: 'blue' } });
  const put = await kv.read('data/colours');
  assert.deepEqual(put?.data['data'], { sky: 'blue' });
  line('put, got', JSON.stringify(put.data['data']));

  const before = containerOf();
  execFileSync('podman', ['kill', before], { stdio: 'ignore' });
  // `podman kill` does not wait for the end, and the answer of a plugin that is just dying would show nothing.
  spawnSync('podman', ['wait', before], { stdio: 'ignore' });
  line('killed by', 'podman kill, behind our back');
  const killed = performance.now();
  const again = await kv.read('data/colours');
  assert.deepEqual(again?.data['data'], { sky: 'blue' });
  line(
    'got again',
    `${JSON.stringify(again.data['data'])} after ${Math.round(performance.now() - killed)} ms`,
  );
  assert.notEqual(containerOf(), before);
  await kv.write('data/colours', { data: { sky: 'red' }, options: { cas: 1 } });
  const first = await kv.read('data/colours', { version: 1 });
  assert.deepEqual(first?.data['data'], { sky: 'blue' });
  line('both versions', 'kept: the sky is red, and was blue');

  function containerOf(): string {
    const { state } = kv.mount.instance;
    assert.ok(state.name === 'ready' && state.containerId !== undefined);
    return state.containerId;
  }
}
