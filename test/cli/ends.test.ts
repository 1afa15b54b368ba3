/** How commands end that are ended by others, and images that are built on the way. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { goOnThePath, goExample, noGo } from '../plugins/go-programs.ts';
import { loadFixture } from '../plugins/images.ts';
import { bulkhead, startBulkhead } from './bulkhead.ts';
import { runInProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-cli-ends-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const testEngine = loadEngines().find(
  ({ kind, rootless, suite }) => kind === 'docker' && !rootless && suite === 'host',
);
const socket = testEngine?.services[0]?.socket ?? '';

it('ends in silence when nobody reads on', { timeout: 60_000 }, () => {
  const program = 'set -o pipefail; node --import tsx src/cli/main.ts completion bash | head -c 1 | wc -c';
  const { stdout, stderr } = spawnSync('bash', ['-c', program], { encoding: 'utf8' });
  assert.deepEqual([stdout.trim(), stderr], ['1', '']);
});

describe(
  'a live matrix that is interrupted',
  { skip: testEngine === undefined && noEngines, timeout: 180_000 },
  () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGQUIT', 131],
      ['SIGHUP', 129],
    ] as const) {
      it(`by ${signal} ends with ${code}, and leaves neither container nor folder`, async (t) => {
        if (testEngine === undefined) return;
        await using engine = await connectEngine({ socketPath: socket });
        await using sockets = await ownSocketParent(testEngine);
        const fixture = await loadFixture(engine, 'node-vault-kv');
        if (fixture.skipped !== undefined) {
          t.skip(fixture.skipped);
          return;
        }
        const matrix = startBulkhead([
          ...['matrix', fixture.tag, '-live', '-type=secret', '-filter=runtime=runc'],
          ...[`-engine=${socket}`, `-socket_directory=${sockets.path}`],
        ]);
        const ended = once(matrix, 'exit');
        await using events = await engine.system.events({
          filters: { type: ['container'], event: ['start'] },
        });
        for await (const { id } of events) {
          if ((await withSocketsIn(engine, sockets.path)).includes(id)) break;
        }
        matrix.kill(signal);
        assert.deepEqual(await ended, [code, null]);
        assert.deepEqual(readdirSync(sockets.path), []);
        assert.deepEqual(await withSocketsIn(engine, sockets.path), []);
      });
    }
  },
);

describe('image build', { timeout: 180_000 }, () => {
  it('packs a program into a file, the same each time, and load gives it to the engine', async (t) => {
    if (goOnThePath() === undefined || testEngine === undefined) {
      t.skip(testEngine === undefined ? noEngines : noGo);
      return;
    }
    const program = await goExample('kv');
    const file = join(folder, 'kv.tar');
    const build = () =>
      bulkhead([
        'image',
        'build',
        program,
        '-name=cli-ends-kv',
        '-version=1.2.3',
        '-output',
        file,
        '-format=json',
      ]);
    const [first, second] = [build(), build()];
    assert.equal(first.status, 0, first.stderr);
    assert.equal(first.stdout, second.stdout);
    assert.equal((JSON.parse(first.stdout) as { image: string }).image, 'localhost/cli-ends-kv:1.2.3');
    await using engine = await connectEngine({ socketPath: socket });
    try {
      const loaded = bulkhead(['image', 'load', file, `-engine=${socket}`]);
      assert.deepEqual(
        [loaded.status, loaded.stdout],
        [0, 'Success! Loaded image: localhost/cli-ends-kv:1.2.3\n'],
        loaded.stderr,
      );
      const again = bulkhead([
        'image',
        'build',
        program,
        '-name=cli-ends-kv',
        '-version=1.2.3',
        `-engine=${socket}`,
      ]);
      assert.equal(again.status, 0, again.stderr);
    } finally {
      await engine.images.remove('localhost/cli-ends-kv:1.2.3', { force: true });
    }
  });

  it('packs a folder with a plugin for Node.js by its package.json', async () => {
    const plugin = join(folder, 'plugin');
    mkdirSync(plugin);
    writeFileSync(join(plugin, 'main.js'), 'process.exit(0);\n');
    writeFileSync(join(plugin, 'package.json'), '{ "type": "module", "main": "main.js" }\n');
    const file = join(folder, 'node.tar');
    const { status, stderr } = await runInProcess([
      'image',
      'build',
      plugin,
      '-name=node-plugin',
      '-output',
      file,
    ]);
    assert.equal(status, 0, stderr);
    assert.ok(statSync(file).size > 10_000_000);
  });

  it('packs of an npm project what npm would publish and what it needs when it runs, each once, and runs no script of it', async () => {
    const project = join(folder, 'project');
    const write = (path: string, content: object | string): void => {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), typeof content === 'string' ? content : JSON.stringify(content));
    };
    write('package.json', {
      name: 'project',
      version: '1.0.0',
      main: './dist/main.js',
      files: ['dist'],
      scripts: { prepack: 'touch ran', prepare: 'touch ran' },
      dependencies: { needed: '1', bundled: '1' },
      optionalDependencies: { here: '1', absent: '1' },
      devDependencies: { tool: '1' },
      bundleDependencies: ['bundled'],
    });
    for (const name of ['needed', 'bundled', 'here', 'tool']) {
      write(`node_modules/${name}/package.json`, { name, version: '1.0.0' });
    }
    for (const path of ['dist/main.js', 'src/main.ts', '.env', 'notes.txt', 'README.md']) write(path, '');
    const file = join(folder, 'project.tar');
    const { status, stderr } = await runInProcess([
      'image',
      'build',
      project,
      '-name=project',
      '-output',
      file,
    ]);
    assert.equal(status, 0, stderr);
    const unpacked = join(folder, 'unpacked');
    mkdirSync(unpacked);
    execFileSync('tar', ['-xf', file, '-C', unpacked]);
    const layer = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith('layer.tar'),
    );
    assert.ok(layer !== undefined);
    const listed = execFileSync('tar', ['-tvf', join(unpacked, layer)], { encoding: 'utf8' }).split('\n');
    const paths = listed.filter((line) => line.startsWith('-')).map((line) => line.replace(/.* /, ''));
    assert.deepEqual(paths.filter((path) => path.startsWith('plugin/')).sort(), [
      'plugin/README.md',
      'plugin/dist/main.js',
      'plugin/node_modules/bundled/package.json',
      'plugin/node_modules/here/package.json',
      'plugin/node_modules/needed/package.json',
      'plugin/package.json',
    ]);
    assert.equal(existsSync(join(project, 'ran')), false);
  });

  const text = join(folder, 'text');
  writeFileSync(text, 'no program');
  const wrong: readonly (readonly [string[], number, RegExp])[] = [
    [['/nonexistent', '-name=x'], 3, /ENOENT/],
    [[text], 2, /-name is required/],
    [[text, '-name=x'], 1, /ELF_INVALID: .*text: not an ELF program/],
    [[text, '-name=x', '-main=a.js'], 2, /-main and -package are for a folder/],
    [[text, '-name=x', '-output=a', '-register=secret'], 2, /can't be registered/],
    [[text, '-name=x', '-runtime=r'], 2, /-runtime is only for -register/],
    [[folder, '-name=x'], 2, /which module of .* is to be started/],
    [[folder, '-name=x', '-main=main.js', '-file_capability=IPC_LOCK'], 2, /are for a program/],
    [[folder, '-name=x', '-main=nosuch.js'], 2, /"nosuch\.js" is not among the plugin's files/],
  ];
  for (const [args, exit, said] of wrong) {
    it(`refuses: image build ${args.join(' ').replaceAll(folder, 'FOLDER')}`, async () => {
      const { status, stdout, stderr } = await runInProcess(['image', 'build', ...args]);
      assert.match(stderr, said);
      assert.deepEqual([status, stdout], [exit, '']);
    });
  }
});

/** Ids of the containers of matrices that have their sockets below a folder. */
async function withSocketsIn(engine: Engine, parent: string): Promise<string[]> {
  const found = await engine.containers.list({ all: true, filters: { label: ['io.bulkhead.matrix'] } });
  const inspected = await Promise.all(
    found.map(({ id }) => engine.containers.inspect(id).catch(() => undefined)), // gone meanwhile
  );
  return inspected.flatMap((container) =>
    container?.mounts.some(({ source }) => source.startsWith(parent)) === true ? [container.id] : [],
  );
}
