/**
 * Files that another user has put where this one looks by convention: caches below a HOME that came along under sudo,
 * programs on a PATH that did, settings of a rootless engine.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readCacheFile, writeCacheFile } from '../../src/compatibility/gather/cache-folder.ts';
import { podmanRuntimeFlags } from '../../src/compatibility/gather/podman-flags.ts';
import { programVersion } from '../../src/compatibility/gather/program-version.ts';
import { known } from '../../src/compatibility/index.ts';
import { killStuckRuntime } from '../../src/container/stuck-runtime.ts';
import { findExecutable, programFolders } from '../../src/linux/find-executable.ts';
import { buildServiceCommand } from '../../src/engine/podman-service/service-command.ts';
import { processIdentity } from '../../src/linux/process-identity.ts';

/** The account `nobody`, on every distribution. */
const other = 65_534;
const skip = process.geteuid?.() === 0 ? false : 'needs root';

describe('what another user has planted', { skip, timeout: 60_000 }, () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'planted-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is not read from a cache: a foreign folder, a file, a link, a pipe', async () => {
    const cache = join(folder, 'cache');
    mkdirSync(cache, { mode: 0o700 });
    const file = join(cache, 'a.json');
    writeFileSync(file, 'text', { mode: 0o600 });
    assert.equal(await readCacheFile(cache, 'a.json'), 'text');
    chownSync(cache, other, other);
    assert.equal(await readCacheFile(cache, 'a.json'), undefined);
    chownSync(cache, 0, 0);
    symlinkSync(file, join(cache, 'b.json'));
    lchownSync(join(cache, 'b.json'), other, other);
    assert.equal(await readCacheFile(cache, 'b.json'), undefined);
    makePipe(join(cache, 'c.json'));
    assert.equal(await readCacheFile(cache, 'c.json'), undefined);
  });

  it('does not make root write through a link, nor anything into a foreign folder', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'untouched', { mode: 0o600 });
    const cache = join(folder, 'home', '.cache');
    mkdirSync(cache, { recursive: true });
    // The name under which the file was written at first could be guessed.
    symlinkSync(victim, join(cache, `a.json.${process.pid}`));
    assert.equal(spawnSync('chown', ['-R', '-h', `${other}:${other}`, join(folder, 'home')]).status, 0);
    await writeCacheFile(cache, 'a.json', 'root wrote this');
    await writeCacheFile(join(cache, 'deeper'), 'a.json', 'root wrote this');
    assert.equal(readFileSync(victim, 'utf8'), 'untouched');
    assert.deepEqual(readdirSync(cache), [`a.json.${process.pid}`]);
  });

  it('is not run out of a folder on the PATH', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['podman', 'setpriv', 'setfacl', 'runsc'])
      writeFileSync(join(bin, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const foreign: readonly (() => void)[] = [
      () => {
        chownSync(bin, other, other);
      },
      () => {
        chownSync(bin, 0, 0);
        chmodSync(bin, 0o777);
      },
      () => {
        chmodSync(bin, 0o755);
        chownSync(folder, other, other);
      },
    ];
    for (const make of foreign) {
      make();
      const { path, leftOut } = await programFolders(`${bin}:/usr/bin`);
      assert.equal(path.split(':').includes(bin), false);
      assert.equal(leftOut.length, 1);
      const command = await buildServiceCommand({}, { PATH: bin }, join(folder, 'socket'));
      const words = [command.file, ...command.args, command.environment['PATH']];
      assert.deepEqual(
        words.filter((word) => word?.includes(bin)),
        [],
      );
    }
    // A folder of root's, with a single program that is somebody else's.
    chownSync(folder, 0, 0);
    assert.equal(await findExecutable('podman', bin), join(bin, 'podman'));
    chownSync(join(bin, 'podman'), other, other);
    assert.equal(await findExecutable('podman', bin), undefined);
  });

  it('is neither waited for nor read as settings of an engine', async () => {
    const configuration = join(folder, 'containers.conf');
    const flags = async () => {
      const child = spawn('sleep', ['60'], {
        env: { CONTAINERS_CONF: configuration },
        uid: other,
        gid: other,
      });
      try {
        await once(child, 'spawn');
        const pid = child.pid ?? 0;
        const { startTime = '' } = processIdentity(pid) ?? {};
        const engine = { pid, uid: other, commandLine: ['podman'], startTime, folder: `/proc/${pid}` };
        return await podmanRuntimeFlags('runsc', known(engine, 'test'), true);
      } finally {
        child.kill('SIGKILL');
      }
    };
    const text = '[engine.runtimes_flags]\nrunsc = ["host-uds=all"]\n';
    writeFileSync(configuration, text);
    chownSync(configuration, other, other);
    const fact = await flags();
    assert.deepEqual('value' in fact && fact.value, ['--host-uds=all']);

    rmSync(configuration);
    makePipe(configuration);
    assert.match(unknownOf(await flags()), /not a regular file/);

    rmSync(configuration);
    writeFileSync(configuration, text, { mode: 0o600 }); // of root: its user could not read it
    assert.match(unknownOf(await flags()), /user 65534 may not read it/);

    writeFileSync(configuration, text + '#'.repeat(2 * 1024 * 1024));
    chownSync(configuration, other, other);
    assert.match(unknownOf(await flags()), /longer than/);
  });

  it('is not run to ask a runtime for its version', async () => {
    const mark = join(folder, 'ran');
    const runsc = join(folder, 'runsc');
    writeFileSync(runsc, `#!/bin/sh\ntouch ${mark}\necho runsc version release-20990101.0\n`, {
      mode: 0o755,
    });
    const own = await programVersion({ path: runsc, seen: runsc });
    assert.equal('value' in own && own.value, 'release-20990101.0'); // root's own, where only root could put it
    rmSync(mark);

    copyFileSync(runsc, join(folder, 'engine-runsc')); // as an engine with a root of its own has it
    assert.ok('unknown' in (await programVersion({ path: runsc, seen: join(folder, 'engine-runsc') })));
    chmodSync(folder, 0o777);
    assert.ok('unknown' in (await programVersion({ path: runsc, seen: runsc })));
    chmodSync(folder, 0o755);
    chownSync(runsc, other, other);
    assert.ok('unknown' in (await programVersion({ path: runsc, seen: runsc })));
    assert.equal(existsSync(mark), false);
  });

  it('is not killed as a runtime when it is in a container that calls itself so', async () => {
    const id = 'ab'.repeat(32);
    const program = join(folder, 'runc');
    writeFileSync(program, 'echo running; read wait', { mode: 0o755 });
    const start = async (before: readonly string[]) => {
      const child = spawn('env', [...before, '/bin/sh', program, id], { stdio: ['pipe', 'pipe', 'inherit'] });
      const exit = once(child, 'exit');
      await once(child.stdout, 'data');
      return { stdin: child.stdin, exit };
    };
    const inContainer = await start(['unshare', '--pid', '--fork', '--kill-child']);
    assert.equal(await killStuckRuntime(id, 'runc'), 0);
    inContainer.stdin.end();
    assert.deepEqual(await inContainer.exit, [1, null]); // it was let go, and found the end of its input

    const stuck = await start([]);
    assert.equal(await killStuckRuntime(id, 'runc'), 1);
    assert.deepEqual(await stuck.exit, [null, 'SIGKILL']);
  });
});

function makePipe(path: string): void {
  assert.equal(spawnSync('mkfifo', ['-m', '600', path]).status, 0);
}

function unknownOf(fact: object): string {
  return 'unknown' in fact ? String(fact.unknown) : JSON.stringify(fact);
}
