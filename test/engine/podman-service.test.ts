import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  connectEngine,
  InvalidOptionError,
  PodmanServiceError,
  startPodmanService as startOnOwnStorage,
} from '../../src/engine/index.ts';
import { findExecutable, searchPath } from '../../src/linux/find-executable.ts';
import { installHint } from '../../src/engine/podman-service/install-hint.ts';
import { startPodmanService } from '../../src/testing/index.ts';
import { runNodeAsUser } from '../engines/as-user.ts';
import { loadEngines } from '../engines/engines.ts';
import { ensureTestImage, noBusybox, testImage } from './support/busybox-image.ts';
import { readText } from './support/real-engines.ts';

const timeout = 60_000;
const path = searchPath(process.env['PATH']);
const hasPodman = (await findExecutable('podman', path)) !== undefined;
const skip = hasPodman ? (noBusybox ?? false) : 'podman is not installed';

let folder: string;
/** The temporary folder of this file: what is left behind there was left here. */
let ownTmp: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulkhead-test-'));
  ownTmp = await mkdtemp(join(tmpdir(), 'b-'));
  process.env['TMPDIR'] = ownTmp;
});
after(async () => {
  delete process.env['TMPDIR'];
  await rm(ownTmp, { recursive: true, force: true });
  // The storage of a service whose owner was killed is still mounted onto itself.
  spawnSync('umount', ['-l', join(folder, 'owned/root/overlay')]);
  await rm(folder, { recursive: true, force: true });
});

describe('a Podman service of our own', { skip, timeout: 300_000 }, () => {
  for (const runtime of ['runc', 'crun', 'runsc']) {
    test(`runs its containers in ${runtime}, and leaves nothing behind`, { timeout }, async (t) => {
      if ((await findExecutable(runtime, path)) === undefined) {
        t.skip(`${runtime} is not installed`);
        return;
      }
      const before = leftovers();
      let socketPath: string;
      {
        await using service = await startPodmanService({ runtime });
        ({ socketPath } = service);
        await using engine = await connectEngine({ socketPath });
        assert.equal(engine.info.defaultRuntime, runtime);
        await ensureTestImage(engine);
        const { id } = await engine.containers.create({
          image: testImage,
          cmd: ['/bin/sh', '-c', 'env; exit 4'],
          runtime,
          network: 'none',
          logDriver: 'none',
        });
        await using output = await engine.containers.attach(id);
        await engine.containers.start(id);
        const text = await readText(output.stdout);
        assert.deepEqual(await engine.containers.wait(id), { exitCode: 4 });
        const names = text.split('\n').map((line) => line.split('=', 1)[0]);
        assert.deepEqual(
          names.filter((name) => /^npm_|^NODE_TEST_CONTEXT$/.test(name ?? '')),
          [],
          "nothing of this process's environment",
        );
        // This one still runs when the service is thrown away.
        const lasting = await engine.containers.create({
          image: testImage,
          cmd: ['/bin/sleep', '1000'],
          network: 'none',
        });
        await engine.containers.start(lasting.id);
      }
      assert.equal(existsSync(dirname(socketPath)), false);
      assert.deepEqual(leftovers(), before);
    });
  }

  test(
    'is told by name that the runtime is not installed, before anything is started',
    { timeout },
    async () => {
      for (const runtime of ['no-such-runtime', '/usr/bin/no-such-runtime']) {
        await assert.rejects(
          startPodmanService({ runtime }),
          (error) => error instanceof PodmanServiceError && error.code === 'PODMAN_RUNTIME_MISSING',
        );
      }
    },
  );

  test('is told that podman is not installed, with the command that installs it', { timeout }, () => {
    const program = `
      import { startPodmanService } from './src/engine/podman-service/podman-service.ts';
      const error = await startPodmanService({ environment: { PATH: '/nowhere' } }).catch((error) => error);
      console.log(JSON.stringify({ code: error.code, hint: error.hint }));`;
    // A root directory without podman: the folders of the system are looked at as well.
    const script =
      'for d in /usr/bin /usr/local/bin; do [ ! -e $d/podman ] || mount --bind /dev/null $d/podman; done; exec "$@"';
    const { stdout, stderr } = spawnSync(
      'unshare',
      [
        '-m',
        'sh',
        '-c',
        script,
        'sh',
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '--eval',
        program,
      ],
      { encoding: 'utf8' },
    );
    const { code, hint } = JSON.parse(stdout || `{"code":${JSON.stringify(stderr)}}`) as {
      code: string;
      hint: string;
    };
    assert.equal(code, 'PODMAN_MISSING');
    assert.match(hint, /podman/);
  });

  test('that ends at once gives its last words', { timeout }, async () => {
    await assert.rejects(
      startOnOwnStorage({ root: '/proc/nope', runRoot: '/proc/nope' }),
      (error) =>
        error instanceof PodmanServiceError &&
        error.code === 'PODMAN_SERVICE_FAILED' &&
        /exit code \d+.*\/proc\/nope/s.test(error.message) &&
        error.output !== '',
    );
  });

  test('that stays silent is given up in time, and ended', { timeout }, async () => {
    const fake = join(folder, 'podman');
    // No other test sleeps as long: their containers run beside this, and are not what is looked for.
    const sleeping = `sleep ${1_000_000 + process.pid}`;
    await writeFile(fake, `#!/bin/sh\necho waiting for a lock >&2\nexec ${sleeping}\n`);
    await chmod(fake, 0o755);
    await assert.rejects(
      startOnOwnStorage({ startTimeoutMs: 3000, environment: { PATH: folder } }),
      (error) =>
        error instanceof PodmanServiceError &&
        error.code === 'PODMAN_SERVICE_TIMEOUT' &&
        error.message.includes('waiting for a lock'),
    );
    assert.deepEqual(processesNaming(sleeping), []);
  });

  test('whose start is aborted is ended, and the reason rethrown', { timeout }, async () => {
    const before = leftovers();
    const controller = new AbortController();
    const reason = new Error('enough');
    const starting = startPodmanService({ signal: controller.signal });
    setImmediate(() => {
      controller.abort(reason);
    });
    await assert.rejects(starting, (error) => error === reason);
    assert.deepEqual(leftovers(), before);
  });

  test('needs both halves of a storage, and a folder for its socket', { timeout }, async () => {
    await assert.rejects(startOnOwnStorage({ root: folder }), InvalidOptionError);
    await assert.rejects(startOnOwnStorage({ socketDirectory: join(folder, 'nowhere') }), PodmanServiceError);
  });

  test('is known to have ended when it does so by itself', { timeout }, async () => {
    await using service = await startPodmanService();
    process.kill(service.pid, 'SIGKILL');
    const keepAlive = setTimeout(() => undefined, timeout); // waiting for the service does not
    await service.exited;
    clearTimeout(keepAlive);
    await assert.rejects(connectEngine({ socketPath: service.socketPath }));
  });

  for (const [how, end] of [
    ['ends without disposing of it', (child: ChildProcess) => void child.stdin?.end()],
    ['is killed', (child: ChildProcess) => void child.kill('SIGKILL')],
  ] as const) {
    test(`ends with its owner, when that ${how}`, { timeout }, async () => {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '--eval', ownerProgram(join(folder, 'owned'))],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      const [text] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      const { pid, socketPath } = JSON.parse(text) as { pid: number; socketPath: string };
      assert.equal(isRunning(pid), true);
      end(child);
      await once(child, 'exit');
      await untilGone(socketPath, pid);
      await rm(dirname(socketPath), { recursive: true, force: true });
    });
  }

  test('works for an ordinary user, rootless', { timeout }, async (t) => {
    const [engine] = loadEngines();
    if (engine === undefined || process.geteuid?.() !== 0) {
      t.skip('needs root, and the user that scripts/engines up makes');
      return;
    }
    const program = `
      import { connectEngine } from './src/engine/index.ts';
      import { startPodmanService } from './src/testing/index.ts';
      const podman = await startPodmanService({ runtime: 'runc', parent: process.env.HOME });
      try {
        const engine = await connectEngine({ socketPath: podman.socketPath });
        const { rootless, info: { defaultRuntime: runtime } } = engine;
        console.log(JSON.stringify({ rootless, runtime, folder: podman.socketPath }));
        await engine.close();
      } finally {
        await podman[Symbol.asyncDispose]();
      }`;
    const child = runNodeAsUser(['--import', 'tsx', '--input-type=module', '--eval', program], { engine });
    assert.ok(child.stdout && child.stderr);
    const [stdout, stderr] = await Promise.all([readText(child.stdout), readText(child.stderr)]);
    const told = JSON.parse(stdout || JSON.stringify({ stderr })) as Record<string, unknown>;
    assert.deepEqual([told['rootless'], told['runtime']], [true, 'runc'], stderr);
    assert.equal(existsSync(dirname(dirname(String(told['folder'])))), false);
  });
});

describe('the hint for a missing program', () => {
  const hintFor = async (release: string, program = 'podman'): Promise<string> => {
    const file = join(folder, 'os-release');
    await writeFile(file, release);
    return installHint(program, file);
  };
  const sudo = process.geteuid?.() === 0 ? '' : 'sudo ';

  test('is the command of the distribution, by its own name or that of its relatives', async () => {
    assert.equal(await hintFor('ID=debian\n'), `Install it: ${sudo}apt-get install -y podman`);
    assert.equal(
      await hintFor('ID=linuxmint\nID_LIKE="ubuntu debian"\n'),
      `Install it: ${sudo}apt-get install -y podman`,
    );
    assert.equal(
      await hintFor('ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'crun'),
      `Install it: ${sudo}dnf install -y crun`,
    );
    assert.equal(await hintFor('ID=alpine\n'), `Install it: ${sudo}apk add podman`);
  });

  test('says where to get what the distribution does not have', async () => {
    assert.match(await hintFor('ID=fedora\n', 'runsc'), /gvisor\.dev/);
    assert.match(await hintFor('ID=plan9\n'), /package manager/);
    assert.match(await hintFor('ID=debian\n', 'my-runtime'), /my-runtime, or choose another/);
  });
});

function ownerProgram(storage: string): string {
  return `
    import { startPodmanService } from './src/engine/index.ts';
    const storage = ${JSON.stringify(storage)};
    const service = await startPodmanService({
      runtime: 'runc', root: storage + '/root', runRoot: storage + '/run', tmpDir: storage + '/tmp',
    });
    console.log(JSON.stringify({ pid: service.pid, socketPath: service.socketPath }));
    process.stdin.resume();`;
}

/** The kernel closes the socket of a process that ends, so a connection that is refused is the event. */
async function untilGone(socketPath: string, pid: number): Promise<void> {
  for (;;) {
    const answers = await connectEngine({ socketPath }).then(
      (engine) => engine.close().then(() => true),
      () => false,
    );
    if (!answers && !isRunning(pid)) return;
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function processesNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isRunning(Number(name)))
    .filter((pid) => commandLine(pid).includes(text));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** What a throw-away service could leave: processes, mounts, folders. */
function leftovers(): object {
  const ours = `${ownTmp}/`;
  return {
    processes: processesNaming(ours),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(ours)),
    folders: readdirSync(ownTmp),
  };
}
