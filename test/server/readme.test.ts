/** The programs of the README run as they stand there, against a server that is started as it says. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { noEngines } from '../engines/engines.ts';
import { checkout } from '../plugins/cache.ts';
import { goOnThePath, noGo } from '../plugins/go-programs.ts';
import { pythonPackages } from './clients/programs.ts';
import { openServeWorld } from './support/serve-command.ts';
import { serverEngine } from './support/with-server.ts';

const run = promisify(execFile);

const skip = serverEngine === undefined ? noEngines : goOnThePath() === undefined && noGo;

it('the clients of the README mount a plugin and use it', { timeout: 300_000, skip }, async (t) => {
  assert.ok(serverEngine);
  const packages = await pythonPackages('hvac==2.4.0');
  if (typeof packages !== 'string') {
    t.skip(packages.skipped);
    return;
  }
  const readme = await readFile(join(checkout, 'README.md'), 'utf8');
  const section = /## With the clients of Vault\n([^]*?)\n## /.exec(readme)?.[1] ?? '';
  const program = (name: string): string =>
    new RegExp(`\`${name}\`:\\n\\n\`\`\`\\w+\\n([^]*?)\`\`\``).exec(section)?.[1] ?? '';
  const said = /# (\{.*\})$/m.exec(program('colours.py'))?.[1] ?? 'the README says what is printed';
  const commands = [...section.matchAll(/^npx bulkhead ([^#\n]+)/gm)].map(([, line = '']) =>
    line.trim().split(' '),
  );
  const [runtime = [], serve = []] = commands;
  assert.deepEqual([runtime.slice(0, 3), serve[0]], [['plugin', 'runtime', 'register'], 'serve']);

  // The image has the name that the README gives it.
  const world = await openServeWorld(serverEngine, '', 'vault-plugin-secrets-kv');
  if ('skipped' in world) {
    t.skip(world.skipped);
    return;
  }
  await using _ended = world;
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-readme-'));
  try {
    await world.world.ok(...runtime);
    const flags = serve.slice(1).map((flag) => flag.replace(':8200', ':0')); // another test may have that port
    const serving = await world.serve(...flags);
    const env = {
      ...process.env,
      ...{ VAULT_ADDR: serving.url, VAULT_TOKEN: serving.token, PYTHONPATH: packages, GOFLAGS: '' },
    };
    await writeFile(join(folder, 'main.go'), program('main.go'));
    for (const name of ['go.mod', 'go.sum'])
      await copyFile(join(checkout, 'test/server/clients/go', name), join(folder, name));
    await run('go', ['run', '.'], { cwd: folder, env });
    await writeFile(join(folder, 'colours.py'), program('colours.py'));
    const { stdout } = await run('python3', ['colours.py'], { cwd: folder, env });
    assert.equal(stdout.trimEnd(), said);
    assert.equal(await serving.end(), 0, serving.output());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
