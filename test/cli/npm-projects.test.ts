/** Folders as npm, pnpm and workspaces make them, packed for an image: every package that is needed, once, where Node.js finds it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import tar from 'tar-stream';
import { packFolder } from '../../src/cli/commands/image/pack-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-npm-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** Where a project begins; the other fields are those of its package.json. */
interface Project {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly links?: Readonly<Record<string, string>>;
  /** The folder that is packed, where it is not the whole project. */
  readonly at?: string;
}

/** It takes the place of Node.js, which is much larger. */
const nodeBinary = '/bin/true';

/** The packed files below /plugin, and what the image starts. */
async function packed({ name, files, links = {}, at = '' }: Project) {
  const root = join(folder, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }
  const image = await packFolder(join(root, at), { tag: 'localhost/x:1', nodeBinary }, { package: [] });
  const entries = await entriesOf(await buffer(image));
  const layer = await entriesOf(entries.get('layer.tar') ?? Buffer.of());
  const config = [...entries].find(([path]) => path !== 'manifest.json' && path.endsWith('.json'))?.[1];
  const { config: started } = JSON.parse(String(config)) as { config: { Entrypoint: string[] } };
  return {
    layer,
    files: [...layer.keys()].flatMap((path) =>
      path.startsWith('plugin/') && !path.endsWith('/') ? [path.slice('plugin/'.length)] : [],
    ),
    main: started.Entrypoint.at(-1) ?? '',
  };
}

async function entriesOf(archive: Buffer): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const extract = tar.extract();
  extract.end(archive);
  for await (const entry of extract) {
    const content = await buffer(entry);
    if (entry.header.type !== 'directory') found.set(entry.header.name, content);
  }
  return found;
}

const manifest = (fields: object): string => JSON.stringify({ name: 'project', version: '1.0.0', ...fields });
const dependency = (name: string, fields: object = {}): string =>
  JSON.stringify({ name, version: '1.0.0', ...fields });

describe('an npm project', () => {
  it('gets scoped packages, and optional ones only where they are installed', async () => {
    const { files } = await packed({
      name: 'scoped',
      files: {
        'package.json': manifest({
          main: 'main.js',
          dependencies: { '@scope/a': '1' },
          optionalDependencies: { '@scope/absent': '1', '@scope/here': '1' },
          peerDependencies: { peer: '1', 'absent-peer': '1' },
          devDependencies: { tool: '1' },
        }),
        'main.js': '',
        'node_modules/@scope/a/package.json': dependency('@scope/a'),
        'node_modules/@scope/here/package.json': dependency('@scope/here'),
        'node_modules/peer/package.json': dependency('peer'),
        'node_modules/tool/package.json': dependency('tool'),
      },
    });
    assert.deepEqual(files.sort(), [
      'main.js',
      'node_modules/@scope/a/package.json',
      'node_modules/@scope/here/package.json',
      'node_modules/peer/package.json',
      'package.json',
    ]);
  });

  it('gets packages out of the store of pnpm, with what they need from there', async () => {
    const { files } = await packed({
      name: 'pnpm',
      files: {
        'package.json': manifest({ main: 'main.js', dependencies: { a: '1' } }),
        'main.js': '',
        'node_modules/.pnpm/a@1.0.0/node_modules/a/package.json': dependency('a', {
          dependencies: { b: '1' },
        }),
        'node_modules/.pnpm/a@1.0.0/node_modules/a/index.js': '',
        'node_modules/.pnpm/b@1.0.0/node_modules/b/package.json': dependency('b'),
        'node_modules/.modules.yaml': '',
      },
      links: {
        'node_modules/a': '.pnpm/a@1.0.0/node_modules/a',
        'node_modules/.pnpm/a@1.0.0/node_modules/b': '../../b@1.0.0/node_modules/b',
      },
    });
    assert.deepEqual(files.sort(), [
      'main.js',
      'node_modules/a/index.js',
      'node_modules/a/package.json',
      'node_modules/b/package.json',
      'package.json',
    ]);
  });

  it('that is a workspace gets the other workspaces and the packages of the whole', async () => {
    const { files, main } = await packed({
      name: 'workspaces',
      at: 'packages/plugin',
      files: {
        'package.json': JSON.stringify({
          name: 'whole',
          version: '1.0.0',
          private: true,
          workspaces: ['packages/*'],
        }),
        'packages/plugin/package.json': dependency('plugin', {
          main: './lib/main.js',
          files: ['lib'],
          dependencies: { '@whole/shared': '*' },
        }),
        'packages/plugin/lib/main.js': '',
        'packages/plugin/src/main.ts': '',
        'packages/shared/package.json': dependency('@whole/shared', {
          main: 'index.js',
          dependencies: { hoisted: '1' },
        }),
        'packages/shared/index.js': '',
        'node_modules/hoisted/package.json': dependency('hoisted'),
      },
      links: {
        'node_modules/@whole/shared': '../../packages/shared',
        'node_modules/plugin': '../packages/plugin',
      },
    });
    assert.deepEqual(files.sort(), [
      'lib/main.js',
      'node_modules/@whole/shared/index.js',
      'node_modules/@whole/shared/package.json',
      'node_modules/hoisted/package.json',
      'package.json',
    ]);
    assert.equal(main, '/plugin/lib/main.js');
  });

  it('has what `files` says, with patterns and exceptions', async () => {
    const { files } = await packed({
      name: 'patterns',
      files: {
        'package.json': manifest({ main: 'dist/main.js', files: ['dist/**/*.js', '!dist/**/*.test.js'] }),
        'dist/main.js': '',
        'dist/deep/a.js': '',
        'dist/deep/a.test.js': '',
        'dist/deep/a.map': '',
        '.env': 'SECRET=1',
      },
    });
    assert.deepEqual(files.sort(), ['dist/deep/a.js', 'dist/main.js', 'package.json']);
  });

  it('gets bundled packages once, also those that a package has bundled for itself', async () => {
    const { files } = await packed({
      name: 'bundled',
      files: {
        'package.json': manifest({
          main: 'main.js',
          dependencies: { own: '1', other: '1' },
          bundledDependencies: ['own'],
        }),
        'main.js': '',
        'node_modules/own/package.json': dependency('own'),
        'node_modules/other/package.json': dependency('other', { dependencies: { own: '2' } }),
        'node_modules/other/node_modules/own/package.json': dependency('own', { version: '2.0.0' }),
      },
    });
    assert.deepEqual(files.sort(), [
      'main.js',
      'node_modules/other/node_modules/own/package.json',
      'node_modules/other/package.json',
      'node_modules/own/package.json',
      'package.json',
    ]);
  });

  const mains: readonly (readonly [string, object, string, string])[] = [
    ['index.js where nothing is named', {}, 'index.js', '/plugin/index.js'],
    ['index.mjs where nothing is named', {}, 'index.mjs', '/plugin/index.mjs'],
    ['the one program of `bin`', { bin: { start: './cli.js' } }, 'cli.js', '/plugin/cli.js'],
    ['a `bin` that is a text', { bin: 'cli.mjs', type: 'commonjs' }, 'cli.mjs', '/plugin/cli.mjs'],
    ['a `main` without its ending', { main: './lib/start' }, 'lib/start.js', '/plugin/lib/start.js'],
    ['a `main` that is a folder', { main: 'lib' }, 'lib/index.js', '/plugin/lib/index.js'],
    [
      'what `exports` says',
      { type: 'module', exports: { '.': { types: './x.d.ts', import: './esm.js' } } },
      'esm.js',
      '/plugin/esm.js',
    ],
    ['an `exports` that is a text', { type: 'module', exports: './only.js' }, 'only.js', '/plugin/only.js'],
  ];
  for (const [what, fields, file, expected] of mains) {
    it(`starts ${what}`, async () => {
      const name = what.replace(/\W+/g, '-');
      const { main, files } = await packed({ name, files: { 'package.json': manifest(fields), [file]: '' } });
      assert.equal(main, expected);
      assert.ok(files.includes(file));
    });
  }

  it('with a package that is a link to a folder runs as it is packed', async () => {
    const { layer, main } = await packed({
      name: 'linked',
      files: {
        'package.json': manifest({
          type: 'module',
          exports: './main.js',
          files: ['main.js'],
          dependencies: { local: 'file:./local' },
        }),
        'main.js': "import local from 'local'; console.log(local);\n",
        'local/package.json': dependency('local', { main: 'index.js' }),
        'local/index.js': "module.exports = 'found';\n",
      },
      links: { 'node_modules/local': '../local' },
    });
    const unpacked = join(folder, 'unpacked');
    for (const [path, content] of layer) {
      if (!path.startsWith('plugin/')) continue;
      mkdirSync(dirname(join(unpacked, path)), { recursive: true });
      writeFileSync(join(unpacked, path), content);
    }
    assert.equal(execFileSync(process.execPath, [join(unpacked, main)], { encoding: 'utf8' }), 'found\n');
  });
});
