/** Another user of the machine makes folders with the names of ours, for a sweep by root to fall for. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makePluginFolder } from '../../src/container/sockets/plugin-folder.ts';
import { removeFolder } from '../../src/linux/remove-tree.ts';
import { OwnedFolders, sweepFolders } from '../../src/host/orphans/owned-folders.ts';
import { clusterMark } from '../../src/host/orphans/owner-file.ts';
import { thisProcess } from '../../src/linux/process-identity.ts';
import { layDecoy, type Decoy } from './decoy.ts';

const nobody = { uid: 65534, gid: 65534 };
const needsRoot = process.geteuid?.() === 0 ? false : 'only root can act as other users of the machine';
const limits = { timeout: 60_000 };
const clusterId = 'cluster';
/** What a host that is gone writes. */
const owner = JSON.stringify({
  hostId: 'dead',
  clusterId,
  process: { ...thisProcess(), pid: 2 ** 22, startTime: '1' },
});
const longAgo = new Date(0);

describe('a sweep among folders that somebody else made', () => {
  let parent: string;
  let decoy: Decoy;
  let before: Record<string, string>;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'forged-'));
    await chmod(parent, 0o1777);
    decoy = await layDecoy(parent);
    before = await decoy.snapshot();
  });
  afterEach(async () => {
    assert.deepEqual(await decoy.snapshot(), before, 'the decoy');
    await decoy[Symbol.asyncDispose]();
    await rm(parent, { recursive: true });
  });

  /** A folder of ours whose host is gone: it is swept, unless something about it is wrong. */
  async function left(name: string): Promise<string> {
    const path = join(parent, name);
    await mkdir(path, { mode: 0o700 });
    await writeFile(join(path, 'owner.json'), owner, { mode: 0o600 });
    return path;
  }

  async function sweepFinds(): Promise<string[]> {
    return (await sweepFolders(parent, clusterId)).map((path) => path.slice(parent.length + 1)).sort();
  }

  async function give(path: string): Promise<void> {
    await chown(path, nobody.uid, nobody.gid);
  }

  it('removes what a dead host of this user left, and nothing below a link in it', limits, async () => {
    const path = await left('bulkhead-h-left00');
    await symlink(decoy.path, join(path, 'link'));
    await mkdir(join(path, 'bulkhead-socket', 's'), { recursive: true });
    await symlink(decoy.path, join(path, 'bulkhead-socket', 's', 'link'));
    assert.deepEqual(await sweepFinds(), ['bulkhead-h-left00']);
  });

  it(
    'leaves folders of another user alone, whatever is in them',
    { ...limits, skip: needsRoot },
    async () => {
      const whole = await left('bulkhead-h-foreig');
      await give(join(whole, 'owner.json'));
      await give(whole);
      const ours = await left('bulkhead-h-ourown'); // the file is ours, the folder is not
      await give(ours);
      const theirs = await left('bulkhead-h-theirs'); // the folder is ours, the file is not
      await give(join(theirs, 'owner.json'));
      const nameless = join(parent, 'bulkhead-h-nonam0');
      await mkdir(nameless);
      await give(nameless);
      await utimes(nameless, longAgo, longAgo);
      const { pidNamespace, machineId, bootId } = thisProcess();
      const maker = [clusterMark(clusterId), 2 ** 22, 1, pidNamespace, machineId, bootId].join('-');
      const passing = join(parent, `bulkhead-n-${maker}-abcdef`);
      await mkdir(passing);
      await give(passing);
      const failures: string[] = [];
      assert.deepEqual(await sweepFolders(parent, clusterId, { failures }), []);
      assert.deepEqual(failures, []);
      assert.equal((await readdir(parent)).length, 6);
    },
  );

  it('follows no link that has the name of a folder', { ...limits, skip: needsRoot }, async () => {
    const victim = await left('victim');
    await symlink(victim, join(parent, 'bulkhead-h-linked'));
    await symlink(victim, join(parent, `bulkhead-n-${clusterMark(clusterId)}-4194304-1-1-0-abcdef`));
    assert.deepEqual(await sweepFinds(), []);
    assert.deepEqual(await readdir(victim), ['owner.json']);
  });

  it('does not wait for, follow or read what is no small file of an owner', limits, async () => {
    const make: Record<string, (file: string) => Promise<unknown>> = {
      fifo00: (file) => Promise.resolve(spawnSync('mkfifo', [file])),
      folder: (file) => mkdir(file),
      link00: async (file) => {
        await writeFile(join(parent, 'real.json'), owner);
        await symlink(join(parent, 'real.json'), file);
      },
      hardli: async (file) => {
        await writeFile(`${file}.other`, owner);
        await link(`${file}.other`, file);
      },
      sparse: async (file) => {
        await writeFile(file, owner);
        await truncate(file, 1024 ** 3);
      },
    };
    if (!needsRoot) make['device'] = (file) => Promise.resolve(spawnSync('mknod', [file, 'c', '1', '5']));
    for (const [name, makeFile] of Object.entries(make)) {
      const path = await left(`bulkhead-h-${name}`);
      await rm(join(path, 'owner.json'));
      await makeFile(join(path, 'owner.json'));
      assert.ok((await readdir(path)).includes('owner.json'), name);
    }
    assert.deepEqual(await sweepFinds(), []);
    // The thread pool has room for other work, which a FIFO took away.
    await Promise.all(Array.from({ length: 8 }, () => lstat(parent)));
  });

  it('asks nothing of what is mounted in the place of a folder', { ...limits, skip: needsRoot }, async () => {
    const path = await left('bulkhead-h-mounte');
    assert.equal(spawnSync('mount', ['--bind', decoy.path, path]).status, 0);
    try {
      assert.deepEqual(await sweepFinds(), []);
    } finally {
      spawnSync('umount', [path]);
    }
  });

  it('is done with very many names, and finds what is ours among them', limits, async () => {
    const made = spawnSync('sh', ['-c', 'cd "$1" && seq 1 100000 | xargs touch', 'sh', parent]);
    assert.equal(made.status, 0);
    await left('bulkhead-h-needle');
    assert.deepEqual(await sweepFinds(), ['bulkhead-h-needle']);
  });

  it('says so when there are more such names than it looks at', limits, async () => {
    const names = 'cd "$1" && seq -f bulkhead-h-%06g 1 4097 | xargs mkdir';
    assert.equal(spawnSync('sh', ['-c', names, 'sh', parent]).status, 0);
    const failures: string[] = [];
    assert.deepEqual(await sweepFolders(parent, clusterId, { failures }), []);
    assert.match(failures.join(), /some folders may be left/);
  });

  it('keeps a folder whose container may live, and names it', limits, async () => {
    const path = await left('bulkhead-h-living');
    const failures: string[] = [];
    assert.deepEqual(await sweepFolders(parent, clusterId, { keep: new Set([path]), failures }), []);
    assert.match(failures.join(), /bulkhead-h-living.*may live/);
  });

  it('makes its own folder for nobody else', limits, async () => {
    const before = process.umask(0);
    try {
      await using folders = new OwnedFolders({ hostId: 'living', clusterId });
      const path = await folders.below(parent);
      assert.equal((await lstat(path)).mode & 0o7777, 0o700);
      assert.equal((await lstat(join(path, 'owner.json'))).mode & 0o7777, 0o600);
      if (needsRoot === false) {
        const opened = await lstat(await folders.below(parent, nobody.gid));
        assert.deepEqual([opened.mode & 0o7777, opened.uid, opened.gid], [0o710, 0, nobody.gid]);
      }
    } finally {
      process.umask(before);
    }
  });

  it(
    'refuses to make folders where another user could exchange them',
    { ...limits, skip: needsRoot },
    async () => {
      const theirs = join(parent, 'theirs');
      await mkdir(theirs);
      await give(theirs);
      const open = join(parent, 'open');
      await mkdir(open);
      await chmod(open, 0o777);
      await using folders = new OwnedFolders({ hostId: 'living', clusterId });
      for (const [folder, why] of [
        [theirs, /belongs to user 65534/],
        [open, /is writable by everybody/],
      ] as const) {
        await assert.rejects(folders.below(folder), { code: 'SOCKET_DIRECTORY_FAILED', message: why });
        const made = makePluginFolder({ mode: 0o770 }, { parent: folder });
        await assert.rejects(made, { code: 'SOCKET_DIRECTORY_FAILED', message: why });
        assert.deepEqual(await readdir(folder), []);
      }
    },
  );
});

describe('the removal of a folder', () => {
  it('never leaves it, while folders in it are exchanged for links', limits, async () => {
    const parent = await mkdtemp(join(tmpdir(), 'exchanged-'));
    await using decoy = await layDecoy(parent);
    const before = await decoy.snapshot();
    try {
      for (let round = 0; round < 20; round += 1) {
        const path = join(parent, 'folder');
        await mkdir(path);
        for (let each = 0; each < 10; each += 1)
          await mkdir(join(path, `d${each}`, 'inner'), { recursive: true });
        const exchange = (async () => {
          for (let turn = 0; turn < 200; turn += 1) {
            const here = join(path, `d${turn % 10}`);
            await rename(here, `${here}-away`).catch(() => undefined);
            await symlink(decoy.path, here).catch(() => undefined);
            await new Promise(setImmediate);
          }
        })();
        await removeFolder(path).catch(() => undefined); // what is made anew meanwhile may stay
        await exchange;
        await removeFolder(path);
      }
      assert.deepEqual(await decoy.snapshot(), before);
    } finally {
      await rm(parent, { recursive: true });
    }
  });

  it('is done although names are made and taken away in it all the time', limits, async () => {
    const parent = await mkdtemp(join(tmpdir(), 'busy-'));
    const path = join(parent, 'folder');
    await mkdir(join(path, 's'), { recursive: true });
    const program = `
      const fs = require('node:fs');
      const at = (turn) => process.argv[1] + '/s/' + turn;
      const tried = (act) => { try { act(); } catch {} };
      process.stdout.write('begun');
      for (let turn = 0; turn < 20_000; turn += 1) {
        tried(() => fs.closeSync(fs.openSync(at(turn), 'wx')));
        tried(() => fs.unlinkSync(at(turn - 1)));
      }`;
    const child = spawn(process.execPath, ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    await removeFolder(path);
    assert.deepEqual(await readdir(parent), []);
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(await readdir(parent), []);
    await rm(parent, { recursive: true });
  });

  it(
    'needs no more descriptors for a tree of any depth, and removes names of any bytes',
    limits,
    async () => {
      const parent = await mkdtemp(join(tmpdir(), 'deep-'));
      const path = join(parent, 'folder');
      await mkdir(path);
      // Deeper than any path: each folder is made in the one before.
      const script =
        'cd "$1"; i=0; while [ $i -lt 300 ]; do mkdir ddddddddddddddddddddddddd && cd ddddddddddddddddddddddddd; i=$((i+1)); done';
      assert.equal(spawnSync('sh', ['-c', script, 'sh', path]).status, 0);
      await using file = await open(
        Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe, 0x0a])]),
        'w',
      );
      await file.write('x');
      await removeFolder(path);
      assert.deepEqual(await readdir(parent), []);
      await rm(parent, { recursive: true });
    },
  );

  it('says whose something is that this user may not remove', { ...limits, skip: needsRoot }, async () => {
    const parent = await mkdtemp(join(tmpdir(), 'mapped-'));
    await chmod(parent, 0o755);
    const path = join(parent, 'folder');
    await mkdir(join(path, 'of-the-container', 'inner'), { recursive: true });
    await chown(path, nobody.uid, nobody.gid);
    await chown(parent, nobody.uid, nobody.gid);
    const program = `
      import { removeFolder } from './src/linux/remove-tree.ts';
      process.setegid(65534); process.seteuid(65534);
      try { await removeFolder(process.argv[1]); } catch (error) { console.log(error.message); }`;
    const child = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', program, path],
      {
        encoding: 'utf8',
      },
    );
    assert.match(
      child.stdout,
      /could not be removed: something in it belongs to a user of a container/,
      child.stderr,
    );
    await rm(parent, { recursive: true });
  });
});
