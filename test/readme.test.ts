/** What the README shows compiles against the public types and does what it says. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { connectEngine } from '../src/engine/index.ts';
import { loadImage, packNodePlugin } from '../src/index.ts';
import { compiledMain, compiledPlugins, packedNode, pluginPackages } from './plugins/node-programs.ts';
import { loadEngines, noEngines } from './engines/engines.ts';
import { ownSocketParent } from './host/socket-parent.ts';

const run = promisify(execFile);

it('the example of the README compiles and runs as it stands', { timeout: 180_000 }, async (t) => {
  const testEngine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);
  if (testEngine === undefined) {
    t.skip(noEngines);
    return;
  }
  const socket = testEngine.services.find(({ runtime }) => runtime === 'runsc')?.socket;
  assert.ok(socket !== undefined, 'the engine has runsc');
  await using engine = await connectEngine({ socketPath: socket });
  const tag = 'localhost/bulkhead-kv:1';
  const image = await packNodePlugin({
    tag,
    nodeBinary: packedNode(),
    directory: await compiledPlugins(),
    main: compiledMain.kv,
    packages: pluginPackages,
    packagesFrom: process.cwd(),
  });
  await loadImage(engine, image);

  const readme = await readFile('README.md', 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(example !== undefined, 'the README has an example');
  // Inside the checkout, so that `bulkhead` resolves to this package.
  const folder = await mkdtemp(join('test', 'readme-'));
  await using parent = await ownSocketParent(testEngine);
  try {
    await writeFile(join(folder, 'example.mts'), example);
    await copyFile('test/plugins/proto/kv.proto', join(folder, 'kv.proto'));
    const config = { extends: '../../tsconfig.json', include: ['example.mts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await run('npx', ['tsc', '-p', folder]);
    const { stdout } = await run(process.execPath, ['--import', 'tsx', 'example.mts'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], DOCKER_HOST: `unix://${socket}`, TMPDIR: parent.path },
    });
    assert.equal(stdout, 'hello\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
    await engine.images.remove(tag);
  }
});
