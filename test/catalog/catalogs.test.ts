/** What is registered, what is refused, and what a damaged catalog says. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  canonicalVersion,
  compareVersions,
  effectiveReference,
  EntryInUseError,
  EntryNotFoundError,
  fileStore,
  memoryStore,
  PluginCatalog,
  RuntimeCatalog,
  toPluginEntry,
  type CatalogStore,
  type PluginRegistration,
  type RuntimeRegistration,
} from '../../src/catalog/index.ts';
import { InvalidOptionError } from '../../src/errors.ts';

const kv: PluginRegistration = { type: 'secret', name: 'kv', ociImage: 'localhost/kv' };

function catalogs(store: CatalogStore = memoryStore()): { plugins: PluginCatalog; runtimes: RuntimeCatalog } {
  const runtimes = new RuntimeCatalog(store);
  return { plugins: new PluginCatalog(store, runtimes), runtimes };
}

describe('versions', () => {
  it('are kept as Vault keeps them', () => {
    const canonical = {
      '1.2': 'v1.2.0',
      v1: 'v1.0.0',
      '0.24.0': 'v0.24.0',
      '1.0.0-rc.1+ent': 'v1.0.0-rc.1+ent',
      '': '',
    };
    for (const [given, kept] of Object.entries(canonical)) assert.equal(canonicalVersion(given), kept);
  });

  it('are refused when they are none, or reserved for what is built in', () => {
    for (const wrong of [
      'latest',
      '1.2.3.4',
      '01.2',
      '1.0.0-',
      '1.0.0-01',
      'v',
      ' 1',
      '1.0.0+builtin',
      '1.12.0+builtin.vault',
    ]) {
      assert.throws(() => canonicalVersion(wrong), InvalidOptionError, wrong);
    }
  });

  it('are ordered as semantic versions, the unversioned one first', () => {
    const ascending = [
      '',
      'v0.9.0',
      'v1.0.0-alpha',
      'v1.0.0-alpha.1',
      'v1.0.0-alpha.beta',
      'v1.0.0-beta.2',
      'v1.0.0-beta.11',
      'v1.0.0-rc.1',
      'v1.0.0',
      'v1.9.0',
      'v1.10.0',
    ];
    assert.deepEqual([...ascending].reverse().sort(compareVersions), ascending);
  });
});

describe('image references', () => {
  it('may name registry, port, tag and digest; without either the version is the tag', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const cases: [string, string, string][] = [
      ['vault-plugin-kv', 'v0.24.0', 'vault-plugin-kv:0.24.0'],
      ['vault-plugin-kv', '', 'vault-plugin-kv'],
      ['host.example:5000/team/kv', 'v1.0.0+ent', 'host.example:5000/team/kv:1.0.0'],
      ['localhost:5000/kv:2', 'v1.0.0', 'localhost:5000/kv:2'],
      [`kv:2@${digest}`, 'v1.0.0', `kv@${digest}`],
    ];
    for (const [image, version, reference] of cases)
      assert.equal(effectiveReference(image, version), reference);
  });
});

describe('the catalog of plugins', () => {
  it('shows the names of variables, and keeps their values to itself', async () => {
    const { plugins } = catalogs();
    const shown = await plugins.put(toPluginEntry({ ...kv, env: ['TOKEN=s3cret', 'EMPTY='] }));
    const everything = JSON.stringify([shown, await plugins.info('secret', 'kv'), await plugins.list()]);
    assert.ok(!everything.includes('s3cret'));
    assert.deepEqual(shown.envNames, ['EMPTY', 'TOKEN']);
    assert.deepEqual((await plugins.resolve('secret', 'kv')).env, { TOKEN: 's3cret', EMPTY: '' });
  });

  it('refuses, by name of the field and without its value, what can not be a plugin', () => {
    const wrong: [string, object][] = [
      ['type', { type: 'Secret' }],
      ['name', { name: '' }],
      ['name', { name: '../kv' }],
      ['name', { name: 'a\nb' }],
      ['version', { version: 'latest' }],
      ['ociImage', { ociImage: 'UPPER' }],
      ['ociImage', { ociImage: 'kv:with space' }],
      ['sha256', { sha256: 'abc' }],
      ['command', { command: '../bin/kv' }],
      ['command', { command: 'kv serve', args: ['x'] }],
      ['env[0]', { env: ['S3CRET'] }],
      ['env', { env: { PLUGIN_CLIENT_CERT: 'S3CRET' } }],
      ['env', { env: ['VAULT_BACKEND_PLUGIN=S3CRET'] }],
      ['runtime', { runtime: 'a/b' }],
      ['oci_image', { oci_image: 'S3CRET' }],
    ];
    for (const [field, change] of wrong) {
      assert.throws(
        () => toPluginEntry({ ...kv, ...change }, ['VAULT_BACKEND_PLUGIN']),
        (error: unknown) => {
          assert.ok(error instanceof InvalidOptionError, JSON.stringify(change));
          assert.equal(error.option, field);
          assert.ok(!error.message.includes('S3CRET'), error.message);
          return true;
        },
      );
    }
  });

  it('takes a command with arguments in it, and a digest with its prefix', () => {
    const entry = toPluginEntry({ ...kv, command: '/kv serve -v', sha256: `sha256:${'A'.repeat(64)}` });
    assert.deepEqual([entry.command, entry.args, entry.sha256], ['/kv', ['serve', '-v'], 'a'.repeat(64)]);
  });

  it('chooses pin, then unversioned, then the highest version', async () => {
    const { plugins } = catalogs();
    const chosen = async (): Promise<string> => (await plugins.resolve('secret', 'kv')).version;
    for (const version of ['1.9.0', '1.10.0', '1.10.0-rc1'])
      await plugins.put(toPluginEntry({ ...kv, version }));
    assert.equal(await chosen(), 'v1.10.0');
    await plugins.put(toPluginEntry(kv));
    assert.equal(await chosen(), '');
    await plugins.pin('secret', 'kv', '1.9');
    assert.equal(await chosen(), 'v1.9.0');
    assert.equal((await plugins.resolve('secret', 'kv', 'v1.9.0')).version, 'v1.9.0');
    await assert.rejects(
      plugins.resolve('secret', 'kv', '1.10.0'),
      /v1\.10\.0 was asked for, but v1\.9\.0 is pinned/,
    );
    await assert.rejects(plugins.deregister('secret', 'kv', '1.9.0'), EntryInUseError);
    assert.deepEqual((await plugins.pins()).entries, [{ type: 'secret', name: 'kv', version: 'v1.9.0' }]);
    assert.equal(await plugins.unpin('secret', 'kv'), true);
    assert.equal(await plugins.unpin('secret', 'kv'), false);
    assert.equal(await plugins.deregister('secret', 'kv', '1.9.0'), true);
    assert.equal(await plugins.deregister('secret', 'kv', '1.9.0'), false);
    const { entries } = await plugins.list({ type: 'secret' });
    assert.deepEqual(
      entries.map(({ version }) => version),
      ['', 'v1.10.0-rc1', 'v1.10.0'],
    );
  });

  it('says what there is in place of what is not there', async () => {
    const { plugins } = catalogs();
    await plugins.put(toPluginEntry({ ...kv, name: 'team/kv', version: '1.0.0' }));
    const known = async (work: Promise<unknown>): Promise<readonly string[]> => {
      const error: unknown = await work.catch((reason: unknown) => reason);
      assert.ok(error instanceof EntryNotFoundError, String(error));
      return error.known;
    };
    assert.deepEqual(await known(plugins.resolve('secret', 'team/kv', '2.0.0')), ['v1.0.0']);
    assert.deepEqual(await known(plugins.pin('secret', 'team/kv', '2.0.0')), ['v1.0.0']);
    assert.deepEqual(await known(plugins.resolve('auth', 'team/kv')), ['secret team/kv']);
    assert.deepEqual(await known(plugins.put(toPluginEntry({ ...kv, runtime: 'gvisor' }))), []);
  });
});

describe('the catalog of plugin runtimes', () => {
  const gvisor: RuntimeRegistration = {
    type: 'container',
    name: 'gvisor',
    ociRuntime: 'runsc',
    memoryBytes: 256 << 20,
  };

  it('keeps every setting, and takes 0 and the empty text for none', async () => {
    const { runtimes } = catalogs();
    const whole: RuntimeRegistration = {
      ...gvisor,
      cgroupParent: '/plugins',
      cpuNanos: 500_000_000,
      rootless: true,
      mlock: true,
      user: '65532:65532',
      network: 'none',
      readOnlyRootFilesystem: true,
      pidsLimit: 100,
      tmpfs: [{ path: '/tmp', sizeBytes: 1 << 20, mode: 0o1777 }],
      ulimits: [{ name: 'memlock', soft: -1, hard: -1 }],
      engineSocket: '/run/docker.sock',
    };
    await runtimes.register(whole);
    assert.deepEqual(await runtimes.info('gvisor'), whole);
    await runtimes.register({
      type: 'container',
      name: 'plain',
      cpuNanos: 0,
      memoryBytes: 0,
      cgroupParent: '',
      ociRuntime: '',
    });
    assert.deepEqual(await runtimes.info('plain'), { type: 'container', name: 'plain' });
    assert.deepEqual(
      (await runtimes.list()).entries.map(({ name }) => name),
      ['gvisor', 'plain'],
    );
  });

  it('refuses what can not be a runtime', async () => {
    const { runtimes } = catalogs();
    const wrong: [string, object][] = [
      ['type', { type: 'process' }],
      ['name', { name: 'a/b' }],
      ['memoryBytes', { memoryBytes: -1 }],
      ['cpuNanos', { cpuNanos: 1.5 }],
      ['tmpfs[0].path', { tmpfs: [{ path: 'tmp' }] }],
      ['engineSocket', { engineSocket: 'docker.sock' }],
      ['oci_runtime', { oci_runtime: 'runc' }],
    ];
    for (const [option, change] of wrong) {
      await assert.rejects(runtimes.register({ ...gvisor, ...change }), { code: 'INVALID_OPTION', option });
    }
    const message = /memoryLock: .*did you mean mlock\?/;
    await assert.rejects(runtimes.register({ ...gvisor, memoryLock: true } as never), { message });
  });

  it('keeps the memory lock in the field in which Vault has it', async () => {
    const store = memoryStore();
    const { runtimes } = catalogs(store);
    await runtimes.register({ ...gvisor, mlock: true });
    assert.match((await store.get(['runtimes', 'container', 'gvisor'])) ?? '', /"memory_lock": true/);
    assert.equal((await runtimes.info('gvisor')).mlock, true);
  });

  it('keeps one that is in use, and says by whom', async () => {
    const { plugins, runtimes } = catalogs();
    await runtimes.register(gvisor);
    await plugins.put(toPluginEntry({ ...kv, version: '1.0.0', runtime: 'gvisor' }));
    await assert.rejects(runtimes.deregister('gvisor'), (error: EntryInUseError) => {
      assert.deepEqual(error.inTheWay, ['secret kv v1.0.0']);
      return true;
    });
    await plugins.deregister('secret', 'kv', '1.0.0');
    await runtimes.deregister('gvisor');
    await assert.rejects(runtimes.deregister('gvisor'), EntryNotFoundError);
  });
});

describe('a damaged catalog', () => {
  it('names the file, whatever is wrong with it, and serves the rest', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'catalog-'));
    try {
      const store = fileStore(directory);
      const { plugins } = catalogs(store);
      await plugins.put(toPluginEntry({ ...kv, version: '1.0.0' }));
      await plugins.put(toPluginEntry({ ...kv, version: '2.0.0', env: { TOKEN: 's3cret' } }));
      const place = store.place(['plugins', 'secret', 'kv', 'v2.0.0']);
      const whole = (await store.get(['plugins', 'secret', 'kv', 'v2.0.0'])) ?? '';
      const cases: [string, string, RegExp][] = [
        ['CATALOG_DAMAGED', '', /is empty/],
        ['CATALOG_DAMAGED', whole.slice(0, -10), /is torn/],
        ['CATALOG_DAMAGED', '{"hello": "world"}', /not written by Bulkhead/],
        ['CATALOG_DAMAGED', whole.replace('"plugin"', '"runtime"'), /holds a runtime/],
        ['CATALOG_DAMAGED', whole.replace('"args": []', '"args": "s3cret"'), /wrong fields: args/],
        ['CATALOG_DAMAGED', whole.replace('"args": []', '"args": [], "s3cret": 1'), /wrong fields/],
        ['CATALOG_NEWER_FORMAT', whole.replace('"bulkhead": 1', '"bulkhead": 2'), /has format 2/],
      ];
      for (const [code, text, reason] of cases) {
        await writeFile(place, text);
        await assert.rejects(plugins.resolve('secret', 'kv', '2.0.0'), (error: Error & { code: string }) => {
          assert.equal(error.code, code);
          assert.ok(error.message.startsWith(place), error.message);
          assert.match(error.message, reason);
          assert.ok(!error.message.includes('s3cret'), error.message);
          return true;
        });
        const { entries, damaged } = await plugins.list();
        assert.deepEqual(
          entries.map(({ version }) => version),
          ['v1.0.0'],
        );
        assert.equal(damaged[0]?.place, place);
      }
      await plugins.put(toPluginEntry({ ...kv, version: '2.0.0' }));
      assert.deepEqual((await plugins.list()).damaged, []);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
