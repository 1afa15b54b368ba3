/** The programs of src/engine/README.md compile against the public types and do what they say, on each engine. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { connectWithImage, createTestContainer, describeEngines } from './support/real-engines.ts';
import { testImage } from './support/busybox-image.ts';

const run = promisify(execFile);
const timeout = 120_000;

let folder = '';
before(async () => {
  // Inside the checkout, so that `bulkhead/engine` resolves to this package.
  folder = await mkdtemp(join('test', 'readme-engine-'));
  const readme = await readFile('src/engine/README.md', 'utf8');
  const blocks = [...readme.matchAll(/```ts(?: program=(\w+))?\n([\s\S]*?)```/g)];
  assert.equal(blocks.length, 6);
  for (const [index, [, name = `example-${index}`, code = '']] of blocks.entries()) {
    await writeFile(join(folder, `${name}.mts`), code);
  }
  const config = { extends: '../../tsconfig.json', include: ['*.mts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

function program(name: string, args: readonly string[], socketPath: string) {
  const environment = { PATH: process.env['PATH'], DOCKER_HOST: `unix://${socketPath}` };
  return { args: ['--import', 'tsx', join(folder, `${name}.mts`), ...args], env: environment };
}

test('every example compiles', { timeout }, async () => {
  await run('npx', ['tsc', '-p', folder]);
});

test('no program is longer than 25 lines', async () => {
  for (const name of ['ps', 'run', 'logs', 'events']) {
    const lines = (await readFile(join(folder, `${name}.mts`), 'utf8')).trimEnd().split('\n').length;
    assert.ok(lines <= 25, `${name} has ${lines} lines`);
  }
});

describeEngines('the programs of the README', (real) => {
  async function output(name: string, args: readonly string[]) {
    const { args: all, env } = program(name, args, real.socketPath);
    return run(process.execPath, all, { env });
  }

  describe('work', () => {
    test('ps lists a container', { timeout }, async () => {
      await using engine = await connectWithImage(real);
      await using container = await createTestContainer(engine, 'exec sleep 1000');
      await engine.containers.start(container.id);
      const { stdout } = await output('ps', []);
      assert.match(stdout, new RegExp(`${container.id.slice(0, 12)}.*${container.name}`));
    });

    test('run passes on both streams and the exit code, and removes the container', { timeout }, async () => {
      await using engine = await connectWithImage(real);
      const script = 'echo out; echo err >&2; exit 7';
      const failed = await output('run', [testImage, '/bin/sh', '-c', script]).then(
        () => assert.fail('it ends with 7'),
        (error: unknown) => error as { code: number; stdout: string; stderr: string },
      );
      assert.equal(failed.code, 7);
      assert.equal(failed.stdout, 'out\n');
      assert.match(failed.stderr, /^err$/m);
      const left = await engine.containers.list({ all: true, filters: { ancestor: [testImage] } });
      assert.ok(!left.some(({ command }) => command.includes(script)));
    });

    test('logs follows until the container ends, and names one that is not there', { timeout }, async () => {
      await using engine = await connectWithImage(real);
      await using container = await createTestContainer(engine, 'echo one; sleep 0.3; echo two');
      await engine.containers.start(container.id);
      assert.equal((await output('logs', [container.name])).stdout, 'one\ntwo\n');
      await assert.rejects(output('logs', ['no-such-container']), { code: 1, stderr: /no-such-container/ });
    });

    test('events tells of a container that ends, until Ctrl-C', { timeout }, async () => {
      await using engine = await connectWithImage(real);
      await using container = await createTestContainer(engine, 'exec sleep 1000');
      const { args, env } = program('events', [], real.socketPath);
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      // The stream is open when something has been told: pausing is harmless, so a start is repeated until it is.
      let seen = '';
      const lines = createInterface({ input: child.stdout });
      const told = (async () => {
        for await (const line of lines) {
          seen += `${line}\n`;
          if (line.includes(container.id.slice(0, 12)) && line.includes(' die ')) break;
        }
      })();
      await Promise.race([
        told,
        (async () => {
          while (!seen.includes(' die ')) {
            await engine.containers.start(container.id);
            await engine.containers.kill(container.id);
            await engine.containers.wait(container.id);
          }
        })(),
      ]);
      await told;
      child.kill('SIGINT');
      assert.deepEqual(await ended, [0, null]);
    });
  });
});
