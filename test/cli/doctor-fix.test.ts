/** `doctor -fix` shows and makes the change of the settings of an engine, after which nothing is left to change. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { it } from 'node:test';
import { findExecutable, searchPath } from '../../src/linux/find-executable.ts';
import { startDockerDaemon, whyNoDockerDaemon } from '../engines/docker-daemon.ts';
import { bulkhead } from './bulkhead.ts';

const why =
  (await whyNoDockerDaemon()) ??
  ((await findExecutable('runsc', searchPath(undefined))) === undefined
    ? 'runsc is not installed'
    : undefined);

it(
  'doctor -fix changes the settings of a Docker whose runsc nobody set up',
  { timeout: 120_000, skip: why ?? false },
  async () => {
    await using daemon = await startDockerDaemon({ runscArguments: ['--host-uds=open'] });
    const { configFile } = daemon;
    const doctor = (...flags: string[]) =>
      bulkhead([
        'doctor',
        '-fix',
        `-engine=${daemon.socketPath}`,
        `-socket_directory=${daemon.shareDirectory}`,
        ...flags,
      ]);
    const before = await readFile(configFile, 'utf8');

    const shown = doctor();
    assert.equal(shown.status, 0, shown.stdout + shown.stderr);
    assert.ok(shown.stdout.includes(`${configFile}, for the engine at ${daemon.socketPath}`), shown.stdout);
    assert.match(shown.stdout, /^\+.*"--host-uds=all"/m);
    assert.match(shown.stdout, /^Then: systemctl reload docker$/m);
    assert.equal(await readFile(configFile, 'utf8'), before);

    const written = doctor('-write');
    assert.equal(written.status, 0, written.stdout + written.stderr);
    const [, copy = ''] = /What it was is in (\S+)\.$/m.exec(written.stdout) ?? [];
    assert.equal(await readFile(copy, 'utf8'), before);

    await daemon.restart();
    const after = doctor('-format=json');
    assert.equal(after.status, 0, after.stdout + after.stderr);
    assert.deepEqual(JSON.parse(after.stdout), { fixes: [] });

    await writeFile(configFile, before);
    await daemon.restart();
    const other = `${daemon.shareDirectory}/daemon.json`;
    const commented = '{\n  // our own\n}\n';
    await writeFile(other, commented);
    const refused = doctor('-write', `-config_file=${other}`);
    assert.equal(refused.status, 1, refused.stdout);
    assert.match(refused.stdout, /FILE_UNUSABLE: the settings are left as they are: they are no JSON/);
    assert.equal(await readFile(other, 'utf8'), commented);

    const alone = bulkhead(['doctor', '-write']);
    assert.equal(alone.status, 2, alone.stderr);
  },
);
