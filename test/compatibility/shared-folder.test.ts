/** Whether the engine has a folder under the same path, where its process can't be looked into. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { containerIdIn } from '../../src/compatibility/gather/own-container.ts';
import { below, covering } from '../../src/compatibility/gather/mounts.ts';
import { runNodeAsUser } from '../engines/as-user.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';

const [engine] = loadEngines();
const noUser =
  process.geteuid?.() === 0 ? engine === undefined && noEngines : 'needs root, and the user of the engines';

describe('an ordinary user and an engine of root', { skip: noUser, timeout: 60_000 }, () => {
  /** Asks as the user of the rootless engines, who may not look into this process, which stands for the engine. */
  const asked = async (path: string, rootless = false): Promise<unknown> => {
    assert.ok(engine);
    const program = `
      import { sharesFolder } from './src/compatibility/gather/shared-folder.ts';
      const [path, pid, rootless] = process.argv.slice(1);
      const owner = { pid: Number(pid), uid: 0, commandLine: [], startTime: '', folder: '/proc/' + pid };
      const engine = { rootless: rootless === 'true' };
      console.log(JSON.stringify(await sharesFolder(engine, { value: owner, evidence: '' }, path)));`;
    const child = runNodeAsUser(
      [
        '--import',
        'tsx',
        '--input-type=module',
        '--eval',
        program,
        path,
        String(process.pid),
        String(rootless),
      ],
      { engine, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    assert.ok(child.stdout);
    return JSON.parse(await text(child.stdout)) as unknown;
  };

  it('share a folder that is on the same mount for both', async (t) => {
    const folder = mkdtempSync(join(engine?.shareDirectory ?? '', 'shared-'));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    const fact = (await asked(folder)) as { value: boolean; evidence: string };
    assert.equal(fact.value, true, JSON.stringify(fact));
    assert.match(fact.evidence, /mountinfo/);
  });

  it('do not share what only the user has mounted', async () => {
    const onlyTheirs = join(dirname(engine?.shareDirectory ?? ''), 'checkout'); // see as-user.ts
    assert.equal(((await asked(onlyTheirs)) as { value: boolean }).value, false);
    // A rootless Docker may have a link there, which leads to the same folder.
    assert.ok('unknown' in ((await asked(onlyTheirs, true)) as object));
  });
});

describe('the id of the container of this process', () => {
  const id = '0123456789abcdef'.repeat(4);
  const mount = (point: string, root: string) => ({
    id: '1',
    device: '8:1',
    root,
    point,
    type: 'ext4',
    options: [],
    evidence: '',
  });

  it('is in the mounts that engines make', () => {
    for (const root of [
      `/var/lib/docker/containers/${id}/hostname`,
      `/lib/docker/containers/${id}/resolv.conf`,
      `/containers/storage/overlay-containers/${id}/userdata/hosts`,
      `/containers/${id}/hostname`,
    ])
      assert.equal(containerIdIn([mount('/', '/'), mount('/etc/hostname', root)]), id);
  });

  it('is not in what somebody has mounted elsewhere, or of another form', () => {
    assert.equal(containerIdIn([mount('/data', `/var/lib/docker/containers/${id}/x`)]), undefined);
    assert.equal(containerIdIn([mount('/etc/hosts', '/var/lib/docker/containers/abc/hosts')]), undefined);
    assert.equal(containerIdIn([]), undefined);
  });
});

it('the mount of a path is the last one that covers it', () => {
  const mounts = [{ point: '/' }, { point: '/run' }, { point: '/run/a' }, { point: '/run' }];
  assert.equal(covering(mounts, '/runner'), mounts[0]);
  assert.equal(covering(mounts, '/run/a/b'), mounts[3]);
  assert.equal(covering(mounts.slice(0, 3), '/run/a'), mounts[2]);
  assert.deepEqual([below('/', '/a'), below('/a', '/a'), below('/a', '/ab')], ['/a', '', undefined]);
});
