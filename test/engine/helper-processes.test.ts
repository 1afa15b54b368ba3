/** Programs that Bulkhead starts for itself get nothing of the caller's but what they need. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { makePluginFolder } from '../../src/container/sockets/plugin-folder.ts';
import { findExecutable, searchPath } from '../../src/linux/find-executable.ts';
import { startPodmanService } from '../../src/testing/index.ts';

const limits = { timeout: 60_000 };
const secret = {
  API_TOKEN: 'hunter2',
  NODE_OPTIONS: '--trace-uncaught',
  LD_PRELOAD: '',
  NOTIFY_SOCKET: '/nowhere',
};
let folder: string;
const saved = process.env;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helpers-'));
  process.env = { ...saved, ...secret };
});
after(async () => {
  process.env = saved;
  await rm(folder, { recursive: true });
});

it('setfacl gets no variable, no descriptor and no working directory of ours', limits, async () => {
  const report = join(folder, 'report');
  await writeFile(
    join(folder, 'setfacl'),
    `#!/bin/sh\n{ /usr/bin/env; echo "cwd=$PWD"; for f in /proc/self/fd/*; do echo "fd=$(/usr/bin/readlink $f)"; done; } > ${report}\n`,
    { mode: 0o755 },
  );
  await using held = await open(join(folder, 'held'), 'w');
  const path = process.env['PATH'];
  process.env['PATH'] = folder;
  try {
    await using made = await makePluginFolder({ mode: 0o770, defaultAclUid: 4321 }, { parent: folder });
    assert.ok(made.path.startsWith(folder));
  } finally {
    process.env['PATH'] = path;
  }
  const text = await readFile(report, 'utf8');
  for (const name of Object.keys(secret)) assert.ok(!text.includes(`${name}=`), text);
  assert.match(text, /^cwd=\/$/m);
  assert.ok(!text.includes(join(folder, 'held')), `${text} (descriptor ${held.fd})`);
});

it('a Podman service gets the few variables that lead to its storage', limits, async (t) => {
  if ((await findExecutable('podman', searchPath(process.env['PATH']))) === undefined) {
    t.skip('podman is not installed');
    return;
  }
  await using held = await open(join(folder, 'held'), 'w');
  await using service = await startPodmanService({ runtime: 'runc' });
  const of = (name: string) => readFileSync(`/proc/${service.pid}/${name}`, 'utf8').split('\0');
  for (const name of Object.keys(secret))
    assert.ok(!of('environ').some((entry) => entry.startsWith(`${name}=`)), name);
  assert.equal(readlinkSync(`/proc/${service.pid}/cwd`), '/');
  const descriptors = readdirSync(`/proc/${service.pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${service.pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  assert.ok(!descriptors.includes(join(folder, 'held')), `descriptor ${held.fd}`);
  assert.equal(readlinkSync(`/proc/${service.pid}/fd/0`), '/dev/null');
});
