/** A plugin's own container settings and override: kept, shown, and merged with those of its plugin runtime. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStore, PluginCatalog, RuntimeCatalog, toPluginEntry } from '../../src/catalog/index.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import type { ContainerSettings } from '../../src/settings/container-settings.ts';
import { mergedSettings, settingDefinitions } from '../../src/settings/setting-list.ts';
import { runInProcess } from '../cli/in-process.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kv = { type: 'secret', name: 'kv', ociImage: 'localhost/kv:1' };

/** A value of each setting. */
const all: Required<ContainerSettings> = {
  rootless: true,
  user: '1:2',
  requireNonRoot: true,
  workingDirectory: '/tmp',
  network: 'plugins',
  readOnlyRootFilesystem: false,
  capAdd: ['IPC_LOCK'],
  noNewPrivileges: false,
  seccomp: 'unconfined',
  memoryBytes: 1 << 20,
  cpuNanos: 5e8,
  pidsLimit: 'unlimited',
  cgroupParent: '/plugins',
  tmpfs: [{ path: '/data', sizeBytes: 4096 }],
  volumeBytes: 1 << 20,
  ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
};

describe('the settings of a plugin', () => {
  it('are each kept with it and shown, with the override', async () => {
    assert.deepEqual(
      settingDefinitions.map(([name]) => name).filter((name) => !(name in all)),
      [],
    );
    const store = memoryStore();
    const catalog = new PluginCatalog(store, new RuntimeCatalog(store));
    const entry = toPluginEntry({ ...kv, ...all, override: 'unknown' });
    await catalog.put(entry);
    assert.deepEqual(await catalog.resolve('secret', 'kv'), entry);
    const { type, name, ...info } = await catalog.info('secret', 'kv');
    assert.deepEqual([type, name], ['secret', 'kv']);
    for (const [setting, value] of Object.entries({ ...all, override: 'unknown' }))
      assert.deepEqual((info as Record<string, unknown>)[setting], value, setting);
  });

  it('are left out where they say nothing', () => {
    const bare = toPluginEntry(kv);
    assert.deepEqual(toPluginEntry({ ...kv, memoryBytes: 0, cpuNanos: 0, network: undefined }), bare);
    assert.deepEqual(Object.keys(bare).sort(), [
      ...['args', 'command', 'env', 'name', 'ociImage', 'runtime', 'sha256', 'type', 'version'],
    ]);
  });

  it('are checked as those of a launch are, and only what is unknown can be overridden', () => {
    for (const wrong of [
      { network: '' },
      { capAdd: ['ALL'] },
      { tmpfs: [{ path: 'data' }] },
      { override: 'refused' },
      { override: true },
      { memory: 1 },
    ])
      assert.throws(
        () => toPluginEntry({ ...kv, ...wrong } as never),
        InvalidOptionError,
        JSON.stringify(wrong),
      );
  });

  it('come before those of the plugin runtime, whose demands they cannot lift', () => {
    const runtime = { rootless: true, requireNonRoot: true, network: 'a', memoryBytes: 1 };
    assert.deepEqual(mergedSettings(runtime, { rootless: false, requireNonRoot: false, network: 'b' }), {
      ...runtime,
      network: 'b',
    });
    assert.deepEqual(mergedSettings({}, { requireNonRoot: true }), { requireNonRoot: true });
    assert.deepEqual(mergedSettings({ requireNonRoot: false }, { requireNonRoot: true }), {
      requireNonRoot: true,
    });
  });

  it('are the flags of plugin register', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'settings-'));
    const run = (...args: readonly string[]) => runInProcess(args, { BULKHEAD_DIRECTORY: directory });
    try {
      const flags = [
        ...['-rootless', '-user=1:2', '-require_non_root', '-workdir=/tmp', '-network=plugins', '-writable'],
        ...['-cap_add=IPC_LOCK', '-no_new_privileges=false', '-seccomp=unconfined', '-memory_bytes=1M'],
        ...['-cpu_nanos=500000000', '-pids_limit=unlimited', '-cgroup_parent=/plugins', '-tmpfs=/data:4096'],
        ...['-volume_bytes=1M', '-ulimit=nofile=1:2', '-override=unknown'],
      ];
      const image = '-oci_image=localhost/kv:1';
      const registered = await run('plugin', 'register', '-skip_probe', image, ...flags, 'secret', 'kv');
      assert.equal(registered.status, 0, registered.stderr);
      const info = await run('plugin', 'info', '-format=json', 'secret', 'kv');
      const shown = JSON.parse(info.stdout) as Record<string, unknown>;
      assert.deepEqual(
        settingDefinitions.map(
          ([name]) => shown[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)],
        ),
        settingDefinitions.map(([name]) => all[name]),
      );
      assert.equal(shown['override'], 'unknown');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
