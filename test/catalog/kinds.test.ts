/** Kinds of plugins as data: what is registered, what is refused, and what a damaged file says. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  DamagedEntryError,
  EntryInUseError,
  EntryNotFoundError,
  fileStore,
  memoryStore,
  PluginCatalog,
  RuntimeCatalog,
  StoreError,
  toPluginEntry,
  type KindRegistration,
} from '../../src/catalog/index.ts';
import { KindCatalog } from '../../src/catalog/internal.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { Kinds } from '../../src/host/launching/kinds.ts';
import { vaultKinds } from '../../src/kinds/vault/kinds.ts';
import { builtInNames, wellKnownKinds, type WellKnownKind } from '../../src/kinds/well-known.ts';

const greeter: KindRegistration = {
  name: 'greeter',
  magicCookieKey: 'GREETER_PLUGIN',
  magicCookieValue: 'hello',
};

async function inDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kinds-'));
  try {
    await test(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const fileOf = (directory: string): string => join(directory, 'catalog/kinds/greeter.json');

describe('the catalog of kinds', () => {
  it('keeps a kind in a file of its own, for its owner only, and fills in what was left out', async () => {
    await inDirectory(async (directory) => {
      const kinds = new KindCatalog(fileStore(directory));
      const whole = { ...greeter, protocolVersions: [1], sharing: 'never', probe: 'none', env: {} };
      assert.deepEqual(await kinds.register(greeter), whole);
      assert.deepEqual(JSON.parse(await readFile(fileOf(directory), 'utf8')), {
        bulkhead: 1,
        kind: 'kind',
        name: 'greeter',
        magic_cookie_key: 'GREETER_PLUGIN',
        magic_cookie_value: 'hello',
        protocol_versions: [1],
        sharing: 'never',
        probe: 'none',
        env: {},
      });
      assert.equal((await stat(join(directory, 'catalog'))).mode & 0o077, 0);
      const again = new KindCatalog(fileStore(directory));
      assert.deepEqual(await again.info('greeter'), whole);
      assert.deepEqual(await again.list(), { entries: [whole], damaged: [] });
      await again.register({
        ...greeter,
        protocolVersions: [3, 2, 3],
        sharing: 'always',
        probe: 'grpc-health',
      });
      assert.deepEqual((await kinds.info('greeter')).protocolVersions, [2, 3]);
      await kinds.deregister('greeter');
      assert.deepEqual(await readdir(join(directory, 'catalog/kinds')), []);
    });
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ['a name with capitals', { name: 'Greeter' }, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['a name that leads upwards', { name: '..' }, 'name'],
    ['no name', { name: '' }, 'name'],
    ['a name that is too long', { name: 'a'.repeat(33) }, 'name'],
    ['the word for a type that is to be found out', { name: 'unknown' }, 'name'],
    ['a cookie without a name', { magicCookieKey: '' }, 'magicCookieKey'],
    ['a cookie that is no variable', { magicCookieKey: 'A B' }, 'magicCookieKey'],
    ['a cookie with =', { magicCookieKey: 'A=B' }, 'magicCookieKey'],
    ['a cookie of the protocol', { magicCookieKey: 'PLUGIN_CLIENT_CERT' }, 'magicCookieKey'],
    ['an empty cookie', { magicCookieValue: '' }, 'magicCookieValue'],
    ['a cookie of two lines', { magicCookieValue: 'a\nb' }, 'magicCookieValue'],
    ['no version', { protocolVersions: [] }, 'protocolVersions'],
    ['a negative version', { protocolVersions: [-1] }, 'protocolVersions[0]'],
    ['a version that is no number', { protocolVersions: ['1'] }, 'protocolVersions[0]'],
    ['another sharing', { sharing: 'sometimes' }, 'sharing'],
    ['another probe', { probe: 'http' }, 'probe'],
    ['a variable of the protocol', { env: { PLUGIN_UNIX_SOCKET_DIR: '/' } }, 'env.PLUGIN_UNIX_SOCKET_DIR'],
    ['the cookie as a variable', { env: { GREETER_PLUGIN: 'x' } }, 'env'],
    ['a field that there is not', { cookie: 'A=B' }, 'cookie'],
  ];
  for (const [what, change, option] of refused) {
    it(`refuses ${what}`, async () => {
      const kinds = new KindCatalog(memoryStore());
      await assert.rejects(
        kinds.register({ ...greeter, ...change }),
        (error) => error instanceof InvalidOptionError && error.option === option,
      );
      assert.deepEqual((await kinds.list()).entries, []);
    });
  }

  it('refuses the name of every kind that is built in', async () => {
    const kinds = new KindCatalog(memoryStore(), builtInNames);
    for (const name of builtInNames) {
      await assert.rejects(kinds.register({ ...greeter, name }), /is a kind that is built in/, name);
      await assert.rejects(kinds.deregister(name), /is a kind that is built in, and stays/, name);
    }
  });

  it('does not remove a kind of which a plugin is registered, or a file that may be one', async () => {
    await inDirectory(async (directory) => {
      const store = fileStore(directory);
      const kinds = new KindCatalog(store);
      const plugins = new PluginCatalog(store, new RuntimeCatalog(store));
      await kinds.register(greeter);
      await plugins.put(toPluginEntry({ type: 'greeter', name: 'a', version: '1.0', ociImage: 'x' }));
      await assert.rejects(
        kinds.deregister('greeter'),
        (error) => error instanceof EntryInUseError && error.inTheWay[0] === 'greeter a v1.0.0',
      );
      const file = join(directory, 'catalog/plugins/greeter/a/v1.0.0.json');
      await writeFile(file, '{');
      await assert.rejects(kinds.deregister('greeter'), /CATALOG_IN_USE|in use by .*v1\.0\.0\.json/);
      await plugins.deregister('greeter', 'a', '1.0');
      await kinds.deregister('greeter');
      await assert.rejects(kinds.deregister('greeter'), EntryNotFoundError);
    });
  });

  it('stores no plugin of a registered kind that was removed meanwhile', async () => {
    const store = memoryStore();
    const plugins = new PluginCatalog(store, new RuntimeCatalog(store));
    const entry = toPluginEntry({ type: 'greeter', name: 'a', ociImage: 'x' });
    await assert.rejects(plugins.put(entry, { ofRegisteredKind: true }), EntryNotFoundError);
    assert.deepEqual((await plugins.list()).entries, []);
  });

  const damages: readonly (readonly [string, string, RegExp])[] = [
    ['torn', '{"bulkhead": 1, "kind": "ki', /greeter\.json is torn, or not JSON/],
    ['empty', '', /greeter\.json is empty/],
    ['foreign', '{"some": "file"}', /was not written by Bulkhead/],
    ['of another sort', '{"bulkhead": 1, "kind": "pin"}', /holds a pin where a kind belongs/],
    ['newer', '{"bulkhead": 2, "kind": "kind"}', /has format 2, but this Bulkhead reads formats up to 1/],
    ['wrong', '{"bulkhead": 1, "kind": "kind", "name": "greeter"}', /has wrong fields: magic_cookie_key/],
  ];
  for (const [what, text, said] of damages) {
    it(`names a file that is ${what}, and lists the rest`, async () => {
      await inDirectory(async (directory) => {
        const kinds = new KindCatalog(fileStore(directory));
        await kinds.register({ ...greeter, name: 'other' });
        await writeFile(fileOf(directory), text);
        await assert.rejects(
          kinds.info('greeter'),
          (error) => error instanceof DamagedEntryError && said.test(error.message),
        );
        const { entries, damaged } = await kinds.list();
        assert.deepEqual(
          entries.map(({ name }) => name),
          ['other'],
        );
        assert.match(`${damaged[0]?.place ?? ''} ${damaged[0]?.reason ?? ''}`, said);
      });
    });
  }

  it('does not take the copy of a file for a kind of another name', async () => {
    await inDirectory(async (directory) => {
      const kinds = new KindCatalog(fileStore(directory));
      await kinds.register({ ...greeter, name: 'other' });
      await writeFile(fileOf(directory), await readFile(join(directory, 'catalog/kinds/other.json')));
      await assert.rejects(kinds.info('greeter'), /has wrong fields: name/);
    });
  });

  it('waits for others, and says who has the lock', async () => {
    await inDirectory(async (directory) => {
      const store = fileStore(directory, { lockWaitMs: 1 });
      const kinds = new KindCatalog(store);
      await fileStore(directory).exclusively(async () => {
        await assert.rejects(
          kinds.register(greeter),
          (error) => error instanceof StoreError && error.code === 'CATALOG_LOCKED',
        );
      });
      await kinds.register(greeter);
    });
  });

  it(
    'refuses a directory that another user could change',
    { skip: process.getuid?.() !== 0 && 'not root' },
    async () => {
      await inDirectory(async (directory) => {
        const { chown } = await import('node:fs/promises');
        await mkdir(join(directory, 'catalog/kinds'), { recursive: true });
        await chown(join(directory, 'catalog/kinds'), 65534, 65534);
        await assert.rejects(
          new KindCatalog(fileStore(directory)).register(greeter),
          (error) => error instanceof StoreError && error.code === 'CATALOG_UNTRUSTED',
        );
      });
    },
  );
});

describe('the kinds that a host knows', () => {
  it('are read anew each time, so that a host that runs knows what was registered meanwhile', async () => {
    const catalog = new KindCatalog(memoryStore());
    const kinds = new Kinds(vaultKinds, catalog);
    await assert.rejects(kinds.ofType('greeter'), /knows no plugins of type "greeter"/);
    await catalog.register(greeter);
    assert.equal((await kinds.ofType('greeter')).handshake.magicCookieKey, 'GREETER_PLUGIN');
    assert.equal(await kinds.ofType('greeter'), await kinds.ofType('greeter'));
    await assert.rejects(kinds.ofType('greetr'), /did you mean greeter\?/);
  });

  it("are first those that the program gave, then Vault's, then registered ones, then well-known ones", async () => {
    const catalog = new KindCatalog(memoryStore());
    await catalog.register({ ...greeter, name: 'velero' }); // as an earlier version without it would have allowed
    await catalog.register({ ...greeter, name: 'secret' });
    const own = {
      handshake: { magicCookieKey: 'OWN', magicCookieValue: 'x' },
      protocolVersions: [1],
      sharing: 'never',
    } as const;
    const kinds = new Kinds({ ...vaultKinds, 'nomad-driver': own }, catalog);
    const key = async (type: string): Promise<string> => (await kinds.ofType(type)).handshake.magicCookieKey;
    assert.equal(await key('nomad-driver'), 'OWN');
    assert.equal(await key('secret'), 'VAULT_BACKEND_PLUGIN');
    assert.equal(await key('velero'), 'GREETER_PLUGIN');
    assert.equal(await key('boundary'), 'HASHICORP_BOUNDARY_PLUGIN');
  });

  it('are not looked for in the prototype of objects', async () => {
    const kinds = new Kinds(vaultKinds);
    for (const name of ['constructor', 'toString', '__proto__', 'valueOf']) {
      await assert.rejects(kinds.ofType(name), /knows no plugins of type/, name);
    }
  });

  it('name the reason for those that can not be run', async () => {
    const kinds = new Kinds(vaultKinds);
    for (const name of ['packer', 'consul-connect-ca', 'example-basic']) {
      await assert.rejects(kinds.ofType(name), /can't be run: its plugins speak Go's net\/rpc/, name);
    }
  });
});

describe('the table of well-known kinds', () => {
  for (const [name, kind] of Object.entries<WellKnownKind>(wellKnownKinds)) {
    it(`has for ${name} what a registration takes, and a source`, async () => {
      const { what, source, refused: _refused, ...data } = kind;
      await new KindCatalog(memoryStore()).register({ name, ...data });
      assert.ok(what.length > 10);
      assert.match(source, /^[\w-]+\/[\w-]+: \S+/);
    });
  }
});
