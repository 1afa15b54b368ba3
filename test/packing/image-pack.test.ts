import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  ArchitectureMismatchError,
  DynamicBinaryError,
  ElfError,
  ImageFileError,
  LibraryNotFoundError,
  PackageNotFoundError,
  packBinaryPlugin,
  packNodePlugin,
  parseElf,
} from '../../src/packing/index.ts';
import { folderFiles } from '../../src/packing/folder-files.ts';
import { loaderFolders } from '../../src/packing/loader-folders.ts';
import { npmPackages } from '../../src/packing/npm-packages.ts';
import { sharedLibraries } from '../../src/packing/shared-libraries.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { buildElf, type ElfParts } from '../program/elf-builder.ts';

const run = promisify(execFile);

describe('packing plugins', { timeout: 60_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bulkhead-pack-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function elfFile(name: string, parts: ElfParts): Promise<string> {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, buildElf(parts));
    return file;
  }

  describe('shared libraries', () => {
    test('are, for Node.js, exactly those that the loader of this machine itself finds', async () => {
      const elf = parseElf(await readFile(process.execPath));
      assert.ok(elf.interpreter);
      const { stdout } = await run(elf.interpreter, ['--list', process.execPath]);
      const listed = [...stdout.matchAll(/^\s*(\S+) => (\S+)/gm)].map(([, name, path]) => [name, path]);
      const found = await sharedLibraries(process.execPath, elf);
      const libraries = found.filter(({ path }) => path !== elf.interpreter);
      assert.deepEqual(
        libraries
          .map(({ path, content }) => [path.split('/').at(-1), (content as { file: string }).file])
          .sort(),
        listed.sort(),
      );
      assert.equal(new Set(libraries.map(({ path }) => dirname(path))).size, 1, 'all in one folder');
    });

    test('are found through DT_RUNPATH beside the program, and those they need in turn', async () => {
      const loader = await elfFile('a/ld-test.so.1', {});
      const program = await elfFile('a/bin/program', {
        interpreter: loader,
        needed: ['libone.so'],
        runpath: '$ORIGIN/../lib',
      });
      const one = await elfFile('a/lib/libone.so', { needed: ['libc.so.9'], runpath: '${ORIGIN}/deep' });
      const c = await elfFile('a/lib/deep/libc.so.9', { needed: ['ld-test.so.1'] });
      assert.deepEqual(await sharedLibraries(program, parseElf(await readFile(program))), [
        { path: loader, content: { file: loader }, mode: 0o755 },
        { path: join(dirname(c), 'libone.so'), content: { file: one }, mode: 0o755 },
        { path: c, content: { file: c }, mode: 0o755 },
      ]);
    });

    test('follow DT_RPATH into the libraries of libraries, and DT_RUNPATH not', async () => {
      const loader = await elfFile('b/ld-test.so.1', {});
      await elfFile('b/lib/libone.so', { needed: ['libtwo.so'] });
      const two = await elfFile('b/lib/libtwo.so', {});
      const inherits = await elfFile('b/inherits', {
        interpreter: loader,
        needed: ['libone.so'],
        rpath: join(folder, 'b/lib'),
      });
      const found = await sharedLibraries(inherits, parseElf(await readFile(inherits)));
      assert.ok(found.some(({ content }) => (content as { file: string }).file === two));
      const does = await elfFile('b/does-not', {
        interpreter: loader,
        needed: ['libone.so'],
        runpath: join(folder, 'b/lib'),
      });
      await assert.rejects(sharedLibraries(does, parseElf(await readFile(does))), (error: unknown) => {
        assert.ok(error instanceof LibraryNotFoundError);
        assert.equal(error.library, 'libtwo.so');
        assert.equal(error.neededBy, join(folder, 'b/lib/libone.so'));
        return true;
      });
    });

    test('pass over a library of the same name for another architecture', async () => {
      const loader = await elfFile('c/ld-test.so.1', {});
      await elfFile('c/first/libone.so', { machine: 183 });
      const right = await elfFile('c/second/libone.so', {});
      const program = await elfFile('c/program', {
        interpreter: loader,
        needed: ['libone.so'],
        runpath: `${join(folder, 'c/first')}:${join(folder, 'c/second')}`,
      });
      const found = await sharedLibraries(program, parseElf(await readFile(program)));
      assert.deepEqual(found[1]?.content, { file: right });
    });

    test('that are missing are named, with the file that needs them and where they were looked for', async () => {
      const loader = await elfFile('d/ld-test.so.1', {});
      const program = await elfFile('d/program', {
        interpreter: loader,
        needed: ['libnowhere.so.1'],
        runpath: '/no/such',
      });
      await assert.rejects(
        packBinaryPlugin({ tag: 'localhost/x:1', binary: program, withLibraries: true }),
        (error: unknown) => {
          assert.ok(error instanceof LibraryNotFoundError);
          assert.equal(error.code, 'IMAGE_LIBRARY_NOT_FOUND');
          assert.equal(error.library, 'libnowhere.so.1');
          assert.equal(error.neededBy, program);
          assert.equal(error.searched[0], '/no/such');
          assert.ok(error.searched.includes('/usr/lib'));
          return true;
        },
      );
    });

    test('need a loader: a missing one is named', async () => {
      const program = await elfFile('e/program', { interpreter: '/no/such/ld.so' });
      await assert.rejects(
        packBinaryPlugin({ tag: 'localhost/x:1', binary: program, withLibraries: true }),
        (error: unknown) => error instanceof LibraryNotFoundError && error.library === 'ld.so',
      );
    });

    test('are looked for where ld.so.conf says, its includes included, each file once', async () => {
      const main = join(folder, 'ld.so.conf');
      await mkdir(join(folder, 'conf.d'));
      await writeFile(main, `# comment\ninclude conf.d/*.conf\n/last # here\ninclude ${main}\n`);
      await writeFile(join(folder, 'conf.d/b.conf'), '/b1:/b2\n');
      await writeFile(join(folder, 'conf.d/a.conf'), '/a\n');
      await writeFile(join(folder, 'conf.d/other.txt'), '/no\n');
      const folders = await loaderFolders('amd64', main);
      assert.deepEqual(folders.slice(0, 5), ['/a', '/b1', '/b2', '/last', '/lib/x86_64-linux-gnu']);
      assert.ok(!folders.includes('/no'));
    });
  });

  describe('npm packages', () => {
    async function npmPackage(
      at: string,
      manifest: object,
      files: readonly string[] = ['index.js'],
    ): Promise<void> {
      const target = join(folder, at);
      for (const file of files) {
        await mkdir(dirname(join(target, file)), { recursive: true });
        await writeFile(join(target, file), '');
      }
      await writeFile(join(target, 'package.json'), JSON.stringify(manifest));
    }

    test('come with what they depend on, two versions of one apart, a cycle once', async () => {
      await npmPackage('n/node_modules/a', { dependencies: { b: '1', c: '1' } });
      await npmPackage('n/node_modules/b', { dependencies: { c: '2', a: '*' } });
      await npmPackage('n/node_modules/b/node_modules/c', {});
      await npmPackage('n/node_modules/c', {});
      await npmPackage('n/node_modules/unrelated', {});
      const files = await npmPackages(['a'], { from: join(folder, 'n'), target: '/plugin' });
      assert.deepEqual(
        files
          .map(({ path }) => path)
          .filter((path) => path.endsWith('index.js'))
          .sort(),
        [
          '/plugin/node_modules/a/index.js',
          '/plugin/node_modules/b/index.js',
          '/plugin/node_modules/b/node_modules/c/index.js',
          '/plugin/node_modules/c/index.js',
        ],
      );
    });

    test('of a store of links are taken from where the links lead', async () => {
      await npmPackage('p/store/x@1/node_modules/x', { dependencies: { y: '1' } });
      await npmPackage('p/store/y@1/node_modules/y', {});
      await symlink('../../y@1/node_modules/y', join(folder, 'p/store/x@1/node_modules/y'));
      await mkdir(join(folder, 'p/app/node_modules'), { recursive: true });
      await symlink('../../store/x@1/node_modules/x', join(folder, 'p/app/node_modules/x'));
      const files = await npmPackages(['x'], { from: join(folder, 'p/app'), target: '/plugin' });
      assert.deepEqual(files.map(({ path }) => path).sort(), [
        '/plugin/node_modules/x/index.js',
        '/plugin/node_modules/x/package.json',
        '/plugin/node_modules/y/index.js',
        '/plugin/node_modules/y/package.json',
      ]);
    });

    test('leave tests, types, maps and documentation behind, but not licences or folders that only look like it', async () => {
      await npmPackage('f/node_modules/a', { name: 'a' }, [
        'LICENSE',
        'LICENSE.md',
        'README.md',
        'data.json',
        'docs/x.js',
        'lib/index.js',
        'lib/index.js.map',
        'lib/index.d.ts',
        'lib/test/needed.js',
        'src/index.ts',
        'test/index.js',
        '.eslintrc',
      ]);
      const files = await npmPackages(['a'], { from: join(folder, 'f'), target: '/plugin' });
      assert.deepEqual(files.map(({ path }) => path.slice('/plugin/node_modules/a/'.length)).sort(), [
        'LICENSE',
        'LICENSE.md',
        'data.json',
        'lib/index.js',
        'lib/test/needed.js',
        'package.json',
      ]);
    });

    test('that are not installed are named, optional ones are not missed', async () => {
      await npmPackage('m/node_modules/a', {
        dependencies: { gone: '1', perhaps: '1' },
        optionalDependencies: { perhaps: '1' },
        peerDependencies: { host: '1' },
      });
      await assert.rejects(
        npmPackages(['a'], { from: join(folder, 'm'), target: '/plugin' }),
        (error: unknown) => {
          assert.ok(error instanceof PackageNotFoundError);
          assert.equal(error.packageName, 'gone');
          assert.equal(error.neededBy, join(folder, 'm/node_modules/a'));
          return true;
        },
      );
      await npmPackage('m/node_modules/gone', {});
      assert.equal((await npmPackages(['a'], { from: join(folder, 'm'), target: '/plugin' })).length, 4);
    });
  });

  describe('folders', () => {
    test('keep links inside, what is executable, and nothing else of modes', async () => {
      const at = join(folder, 'inside');
      await mkdir(join(at, 'sub'), { recursive: true });
      await writeFile(join(at, 'plain'), '', { mode: 0o600 });
      await writeFile(join(at, 'run'), '');
      await chmod(join(at, 'run'), 0o700);
      await symlink('../plain', join(at, 'sub/link'));
      const files = await folderFiles(at, { target: '/plugin' });
      assert.deepEqual(
        files.sort((a, b) => (a.path < b.path ? -1 : 1)),
        [
          { path: '/plugin/plain', content: { file: join(at, 'plain') }, mode: 0o644 },
          { path: '/plugin/run', content: { file: join(at, 'run') }, mode: 0o755 },
          { path: '/plugin/sub/link', symlink: '../plain' },
        ],
      );
    });

    for (const [what, to] of [
      ['an absolute link', '/etc/passwd'],
      ['a link that climbs out', '../../secret'],
    ] as const) {
      test(`with ${what} are refused, so that nothing of this machine slips into an image`, async () => {
        const at = join(folder, what.replaceAll(' ', '-'));
        await mkdir(at);
        await symlink(to, join(at, 'link'));
        await assert.rejects(
          folderFiles(at, { target: '/plugin' }),
          (error: unknown) => error instanceof ImageFileError && error.message.includes(to),
        );
      });
    }
  });

  describe('a Node.js plugin', () => {
    const main = { path: '/plugin/main.js', content: '' };

    test('refuses a Node.js that is a script', async () => {
      const script = join(folder, 'node');
      await writeFile(script, '#!/bin/sh\n');
      await assert.rejects(
        packNodePlugin({ tag: 'localhost/x:1', main: 'main.js', files: [main], nodeBinary: script }),
        (error: unknown) => error instanceof ElfError && error.message.startsWith(script),
      );
    });

    test('refuses a Node.js for another architecture', async () => {
      const other = await elfFile('node-arm64', { machine: 243 });
      await assert.rejects(
        packNodePlugin({ tag: 'localhost/x:1', main: 'main.js', files: [main], nodeBinary: other }),
        (error: unknown) => error instanceof ArchitectureMismatchError && error.found === 'riscv64',
      );
    });

    test('refuses a main that is not among its files, and a missing folder', async () => {
      await assert.rejects(
        packNodePlugin({ tag: 'localhost/x:1', main: 'index.js', files: [main] }),
        (error: unknown) => error instanceof InvalidOptionError && error.option === 'main',
      );
      await assert.rejects(
        packNodePlugin({ tag: 'localhost/x:1', main: 'main.js', directory: join(folder, 'none') }),
        (error: unknown) => error instanceof ImageFileError && error.file === join(folder, 'none'),
      );
      await assert.rejects(
        packNodePlugin({ tag: 'localhost/x:1', main: 'main.js' }),
        (error: unknown) => error instanceof InvalidOptionError && error.option === 'directory',
      );
    });
  });

  describe('a binary plugin', () => {
    test('refuses a dynamic program, which would not start, and says what to do', async () => {
      await assert.rejects(
        packBinaryPlugin({ tag: 'localhost/x:1', binary: process.execPath }),
        (error: unknown) => {
          assert.ok(error instanceof DynamicBinaryError);
          assert.equal(error.code, 'IMAGE_BINARY_DYNAMIC');
          assert.match(error.hint ?? '', /CGO_ENABLED=0.*withLibraries/);
          return true;
        },
      );
    });

    test('refuses a program for another architecture unless the image is for it too', async () => {
      const binary = await elfFile('foreign', { type: 2, machine: 243 });
      await assert.rejects(packBinaryPlugin({ tag: 'localhost/x:1', binary }), ArchitectureMismatchError);
      const archive = await packBinaryPlugin({ tag: 'localhost/x:1', binary, architecture: 'riscv64' });
      assert.equal(archive.architecture, 'riscv64');
    });

    test('names a missing program', async () => {
      const missing = join(folder, 'missing');
      await assert.rejects(
        packBinaryPlugin({ tag: 'localhost/x:1', binary: missing }),
        (error: unknown) => error instanceof ImageFileError && error.file === missing,
      );
    });
  });
});
