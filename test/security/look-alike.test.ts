/**
 * Processes that are called `dockerd`, run as root and hold the socket that everybody connects to. An ordinary user can't
 * see who holds a socket of root's, so what tells an engine from a program in a container is what the kernel says of it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Fact } from '../../src/compatibility/index.ts';
import type { EngineProcess } from '../../src/compatibility/gather/engine-process.ts';
import { loadStatus } from '../engines/engines.ts';
import { goForgedEngine, goOnThePath, noGo } from '../plugins/go-programs.ts';
import { programArgs } from '../plugins/program-args.ts';

const { user, shareDirectory } = loadStatus();
const skip =
  process.geteuid?.() !== 0
    ? 'needs root'
    : user.uid === undefined || shareDirectory === ''
      ? 'needs the account of the rootless engines: run scripts/engines up'
      : goOnThePath() === undefined
        ? noGo
        : false;

interface Found {
  readonly pid: number;
  readonly byRoot: Fact<EngineProcess>;
  readonly byUser: Fact<EngineProcess>;
}

describe('a process of root that is called as an engine', { skip, timeout: 120_000 }, () => {
  it('is taken for the engine when nothing confines it, by root and by an ordinary user', async () => {
    const { pid, byRoot, byUser } = await besideLookAlike([]);
    assert.ok('value' in byRoot, JSON.stringify(byRoot));
    assert.ok('value' in byUser, JSON.stringify(byUser));
    assert.deepEqual([byRoot.value.pid, byUser.value.pid], [pid, pid]);
    assert.match(byRoot.evidence, /answers on/);
    assert.match(byUser.evidence, /the only dockerd of uid 0/);
  });

  const confined: readonly (readonly [how: string, before: readonly string[], reason: RegExp])[] = [
    ['may gain no privileges', ['setpriv', '--no-new-privs'], /can gain no privileges/],
    ['has no capabilities', ['setpriv', '--bounding-set=-all', '--inh-caps=-all'], /lacks CAP_/],
    ['lacks one capability', ['setpriv', '--bounding-set=-sys_admin'], /lacks CAP_SYS_ADMIN/],
    ['is in a process namespace of its own', ['unshare', '--pid', '--fork'], /process namespace of its own/],
    [
      'is in a user namespace of its own',
      ['unshare', '--user', '--map-root-user'],
      /user namespace of its own/,
    ],
    ['was started by an ordinary user', ['setpriv', '--ruid=65534'], /does not belong to uid 0/],
  ];
  for (const [how, before, reason] of confined) {
    it(`is not believed when it ${how}`, async () => {
      const { byRoot, byUser } = await besideLookAlike(before);
      assert.ok('unknown' in byRoot, JSON.stringify(byRoot));
      assert.match(byRoot.unknown, reason);
      assert.ok('unknown' in byUser, JSON.stringify(byUser));
    });
  }
});

async function besideLookAlike(before: readonly string[]): Promise<Found> {
  const folder = mkdtempSync(join(shareDirectory, 'look-alike-'));
  try {
    chmodSync(folder, 0o755);
    copyFileSync(await goForgedEngine(), join(folder, 'dockerd'));
    const program = [...programArgs('test/security/attackers/beside-look-alike.ts'), folder, ...before];
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['--pid', '--fork', '--kill-child', '--mount-proc', process.execPath, ...program],
      { encoding: 'utf8', timeout: 60_000 },
    );
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as Found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
