/** What stands in `examples/` compiles against the package as it would be installed, runs, and prints what it should. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { copyFile, cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { connectEngine, type Engine } from '../src/engine/index.ts';
import { loadEngines, noEngines } from './engines/engines.ts';
import { ownSocketParent } from './host/socket-parent.ts';
import { goExample, goOnThePath, noGo } from './plugins/go-programs.ts';
import { installedBulkhead, type Project } from './plugins/installed-package.ts';
import { runTool } from './plugins/run-tool.ts';

const run = promisify(execFile);
const testEngine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);
const socket = testEngine?.services.find(({ runtime }) => runtime === 'runsc')?.socket;

describe('examples', { timeout: 300_000, skip: socket === undefined ? noEngines : false }, () => {
  let project: Project;
  let parent: Awaited<ReturnType<typeof ownSocketParent>>;
  let engine: Engine;
  const tags: string[] = [];
  before(async () => {
    assert.ok(testEngine !== undefined && socket !== undefined);
    [project, parent, engine] = await Promise.all([
      installedBulkhead(),
      ownSocketParent(testEngine),
      connectEngine({ socketPath: socket }),
    ]);
    await cp('examples', join(project.path, 'examples'), { recursive: true });
  });
  after(async () => {
    for (const tag of tags) await engine.images.remove(tag, { force: true });
    await engine[Symbol.asyncDispose]();
    await parent[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });
  const environment = () => ({
    PATH: process.env['PATH'],
    HOME: parent.path,
    DOCKER_HOST: `unix://${socket ?? ''}`,
    TMPDIR: parent.path,
  });

  it('key-value: a plugin and the program that embeds its host', async () => {
    const cwd = join(project.path, 'examples/key-value');
    await runTool(process.execPath, [join(project.path, 'node_modules/typescript/bin/tsc'), '-p', cwd]);
    tags.push('localhost/example-key-value:1');
    const { stdout } = await run(process.execPath, ['host.js'], { cwd, env: environment() });
    assert.deepEqual(stdout.split('\n'), [
      '2 mounts on 1 container',
      'blue',
      'answered by a new container',
      '',
    ]);
  });

  it('containers: a program in a container, its output and its exit code', async () => {
    const cwd = join(project.path, 'examples/containers');
    await runTool(process.execPath, [join(project.path, 'node_modules/typescript/bin/tsc'), '-p', cwd]);
    // The image of the first example has Node.js in it.
    const script = "console.log('out'); console.error('err'); process.exit(3)";
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['run-once.js', 'localhost/example-key-value:1', '/usr/local/bin/node', '-e', script],
      { cwd, env: environment(), encoding: 'utf8', timeout: 60_000 },
    );
    assert.deepEqual([status, stdout], [3, 'out\n'], stderr);
    assert.match(stderr, /^docker .*, rootful\nerr\n$/);
  });

  it('matrix-in-ci: the workflow is valid, and its commands make the reports', async (t) => {
    if (goOnThePath() === undefined) {
      t.skip(noGo);
      return;
    }
    const folder = join(project.path, 'examples/matrix-in-ci');
    const valid = spawnSync('npx', ['action-validator', 'examples/matrix-in-ci/workflow.yml'], {
      encoding: 'utf8',
    });
    assert.equal(valid.status, 0, valid.stdout + valid.stderr);
    await copyFile(await goExample('kv'), join(folder, 'my-plugin'));
    tags.push('localhost/my-plugin:latest');
    const workflow = await readFile(join(folder, 'workflow.yml'), 'utf8');
    const commands = [...workflow.matchAll(/- run: (npx bulkhead .*)/g)].map(([, command = '']) => command);
    assert.equal(commands.length, 2);
    for (const command of commands) await run('bash', ['-c', command], { cwd: folder, env: environment() });
    assert.match(await readFile(join(folder, 'matrix.xml'), 'utf8'), /<testsuite [^>]*failures="0"/);
    assert.match(await readFile(join(folder, 'matrix.md'), 'utf8'), /runc/);
    assert.match(await readFile(join(folder, 'matrix.html'), 'utf8'), /<table/);
  });
});
