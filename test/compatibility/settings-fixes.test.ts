/** What `doctor -fix` changes in settings files, what it leaves as it is, and what it refuses to touch. */
import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { changeContainersConf } from '../../src/compatibility/fixes/containers-conf.ts';
import { changeDaemonJson } from '../../src/compatibility/fixes/daemon-json.ts';
import { podmanUnit } from '../../src/compatibility/fixes/unit-drop-in.ts';
import { configuredFlags } from '../../src/compatibility/gather/podman-flags.ts';
import { readReplaceable, replaceFile } from '../../src/linux/replace-file.ts';

const change = { runtime: 'runsc', program: '/usr/bin/runsc', rules: ['runsc-host-uds', 'runsc-network'] };
const unusable = { code: 'FILE_UNUSABLE' };

describe('daemon.json', () => {
  it('gets the arguments, and keeps everything else, its order and its indentation', () => {
    const text = `{
\t"log-driver": "local",
\t"runtimes": {
\t\t"crun": { "path": "/usr/bin/crun" },
\t\t"runsc": { "path": "/opt/runsc", "runtimeArgs": ["--debug", "--host-uds=open", "-network=host"] }
\t},
\t"max-concurrent-uploads": 5
}
`;
    const changed = changeDaemonJson(text, change);
    const { runtimes, ...rest } = JSON.parse(text) as { runtimes: Record<string, object> };
    const now = JSON.parse(changed) as { runtimes: Record<string, object> };
    assert.deepEqual(now, {
      ...rest,
      runtimes: {
        ...runtimes,
        runsc: { path: '/opt/runsc', runtimeArgs: ['--debug', '--host-uds=all', '--network=none'] },
      },
    });
    assert.deepEqual(Object.keys(now), ['log-driver', 'runtimes', 'max-concurrent-uploads']);
    assert.match(changed, /^\{\n\t"log-driver"/);
    assert.equal(changeDaemonJson(changed, change), changed);
  });

  it('is made where there is none', () => {
    assert.deepEqual(JSON.parse(changeDaemonJson(undefined, change)), {
      runtimes: { runsc: { path: '/usr/bin/runsc', runtimeArgs: ['--host-uds=all', '--network=none'] } },
    });
  });

  for (const [name, text] of [
    ['with a comment', '{ // ours\n}'],
    ['that is cut off', '{ "runtimes": {'],
    ['that is a list', '[]'],
    ['that is empty', ''],
    ['with a key twice', '{"debug": true, "debug": false}'],
    ['with a runtime twice', '{"runtimes": {"runsc": {"path": "/a"}, "runsc": {"path": "/b"}}}'],
    ['whose runtimes are a list', '{"runtimes": ["runsc"]}'],
    ['whose runtime is a text', '{"runtimes": {"runsc": "/usr/bin/runsc"}}'],
    ['whose arguments are a text', '{"runtimes": {"runsc": {"path": "/a", "runtimeArgs": "--debug"}}}'],
    ['with a number among the arguments', '{"runtimes": {"runsc": {"path": "/a", "runtimeArgs": [1]}}}'],
    [
      'with a value apart from its flag',
      '{"runtimes": {"runsc": {"path": "/a", "runtimeArgs": ["--host-uds", "open"]}}}',
    ],
    ['whose runtime is a shim', '{"runtimes": {"runsc": {"runtimeType": "io.containerd.runsc.v1"}}}'],
  ] as const) {
    it(`is refused ${name}`, () => {
      assert.throws(() => changeDaemonJson(text, change), unusable);
    });
  }

  it('gets no runtime whose program is not there', () => {
    assert.throws(() => changeDaemonJson('{}', { ...change, program: undefined }), unusable);
  });
});

describe('containers.conf', () => {
  const flags = ['host-uds=all', 'network=none'];

  it('gets one line, and keeps all others with their comments', () => {
    const text = `# ours\n[engine]\nruntime = "runsc" # the sandbox\n[engine.runtimes_flags]\ncrun = []\nrunsc = ["debug", 'network=host']\n\n[network]\nx = 1\n`;
    const changed = changeContainersConf(text, change);
    const line = 'runsc = ["debug", "host-uds=all", "network=none"]';
    assert.equal(changed, text.replace(/^runsc = .*$/m, line));
    assert.equal(changeContainersConf(changed, change), changed);
  });

  it('gets the table where there is none, and is made where there is none', () => {
    const before = '[engine]\nruntime = "runsc"';
    const changed = changeContainersConf(before, change);
    assert.ok(changed.startsWith(`${before}\n`));
    assert.deepEqual(configuredFlags(changed, 'runsc'), flags);
    assert.deepEqual(configuredFlags(changeContainersConf(undefined, change), 'runsc'), flags);
    const empty = changeContainersConf('[engine.runtimes_flags]\n', change);
    assert.deepEqual(configuredFlags(empty, 'runsc'), flags);
  });

  for (const [name, text] of [
    ['a list over several lines', '[engine.runtimes_flags]\nrunsc = [\n  "debug"\n]\n'],
    ['a table within a line', '[engine]\nruntimes_flags = { runsc = [] }\n'],
    ['a dotted key', '[engine]\nruntimes_flags.runsc = []\n'],
    ['a table twice', '[engine.runtimes_flags]\n[engine.runtimes_flags]\n'],
    ['a key twice', '[engine.runtimes_flags]\nrunsc = []\nrunsc = []\n'],
    ['a text in place of the list', '[engine.runtimes_flags]\nrunsc = "debug"\n'],
    ['a text over several lines', 'x = """\n[engine.runtimes_flags]\n"""\n'],
    ['a list of tables', '[[engine.runtimes_flags]]\n'],
  ] as const) {
    it(`is refused with ${name}`, () => {
      assert.throws(() => changeContainersConf(text, change), unusable);
    });
  }
});

it('a drop-in gives the service its flags beside those that it has', () => {
  assert.equal(
    podmanUnit('/usr/bin/podman', 'runsc', ['--debug', '--host-uds=open'], change.rules),
    '[Service]\nExecStart=\nExecStart=/usr/bin/podman --runtime runsc --runtime-flag=debug --runtime-flag=host-uds=all --runtime-flag=network=none system service\n',
  );
});

describe('a settings file', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'settings-fixes-'));
    file = join(folder, 'daemon.json');
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is replaced with its mode, and copies of what it was are kept', async () => {
    await writeFile(file, 'first');
    await chmod(file, 0o640);
    const copy = await replaceFile(file, 'first', 'second');
    assert.equal(await replaceFile(file, 'second', 'third'), `${copy ?? ''}-2`);
    assert.equal(await readFile(file, 'utf8'), 'third');
    assert.equal((await stat(file)).mode & 0o777, 0o640);
    assert.equal(await readFile(copy ?? '', 'utf8'), 'first');
    assert.deepEqual((await readdir(folder)).sort(), [
      'daemon.json',
      'daemon.json.before-bulkhead',
      'daemon.json.before-bulkhead-2',
    ]);
  });

  it('is made with its folder where there is none', async () => {
    const made = join(folder, 'podman.service.d', 'new.conf');
    assert.equal(await replaceFile(made, undefined, 'text'), undefined);
    assert.equal(await readFile(made, 'utf8'), 'text');
  });

  it('is left as it is where it was changed meanwhile', async () => {
    await assert.rejects(replaceFile(file, 'something else', 'mine'), unusable);
    assert.equal(await readFile(file, 'utf8'), 'third');
  });

  it('is refused where it is a link, has two names, or is no file', async () => {
    const target = join(folder, 'target');
    await writeFile(target, 'text');
    await symlink(target, join(folder, 'symbolic'));
    await link(target, join(folder, 'hard'));
    for (const name of ['symbolic', 'hard', 'target', 'podman.service.d']) {
      await assert.rejects(readReplaceable(join(folder, name)), unusable, name);
      await assert.rejects(replaceFile(join(folder, name), 'text', 'mine'), unusable, name);
    }
    await symlink(folder, join(folder, 'way'));
    await assert.rejects(replaceFile(join(folder, 'way', 'daemon.json'), 'third', 'mine'), unusable);
    assert.equal(await readFile(target, 'utf8'), 'text');
    assert.ok((await lstat(join(folder, 'symbolic'))).isSymbolicLink());
  });

  it(
    'is refused where it, or a folder on the way, belongs to somebody else',
    { skip: process.geteuid?.() !== 0 && 'needs root' },
    async () => {
      const foreign = join(folder, 'foreign');
      await writeFile(foreign, 'text');
      await chown(foreign, 65534, 65534);
      await assert.rejects(readReplaceable(foreign), unusable);
      await assert.rejects(replaceFile(foreign, 'text', 'mine'), unusable);
      const way = await mkdtemp(join(folder, 'theirs-'));
      await chown(way, 65534, 65534);
      await assert.rejects(replaceFile(join(way, 'below', 'new.conf'), undefined, 'mine'), unusable);
      assert.deepEqual(await readdir(way), []);
    },
  );
});
