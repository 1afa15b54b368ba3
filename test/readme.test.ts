/** The example of the README runs as it stands: its files, its commands, and what it says that they print. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { connectEngine } from '../src/engine/index.ts';
import { loadEngines, noEngines } from './engines/engines.ts';
import { ownSocketParent } from './host/socket-parent.ts';
import { installedBulkhead } from './plugins/installed-package.ts';

const run = promisify(execFile);

it('the example of the README builds its image, and prints what it says', { timeout: 180_000 }, async (t) => {
  const testEngine = loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless);
  const socket = testEngine?.services.find(({ runtime }) => runtime === 'runsc')?.socket;
  if (testEngine === undefined || socket === undefined) {
    t.skip(noEngines);
    return;
  }
  const readme = await readFile('README.md', 'utf8');
  await using project = await installedBulkhead();
  for (const [, name = '', content = ''] of readme.matchAll(/`([a-z]+\.\w+)`:\n\n```\w+\n([\s\S]*?)```/g)) {
    await writeFile(join(project.path, name), content);
  }
  const commands = /```sh\n(npx bulkhead image build[\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const said = /^node host\.mjs # (.*)$/m.exec(commands)?.[1];
  assert.ok(said !== undefined, 'the README says what the host prints');

  await using engine = await connectEngine({ socketPath: socket });
  await using parent = await ownSocketParent(testEngine);
  try {
    const { stdout } = await run('bash', ['-ec', commands], {
      cwd: project.path,
      env: {
        PATH: process.env['PATH'],
        HOME: parent.path,
        DOCKER_HOST: `unix://${socket}`,
        TMPDIR: parent.path,
      },
    });
    assert.match(stdout, /^Success! Loaded image: localhost\/kv:latest$/m);
    assert.equal(stdout.trimEnd().split('\n').at(-1), said);
  } finally {
    for (const { id } of await engine.images.list({ filters: { reference: ['localhost/kv:latest'] } })) {
      await engine.images.remove(id, { force: true });
    }
  }
});
