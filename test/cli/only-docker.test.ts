/** A machine with nothing but Docker, as a new user finds it: no Podman and none of what comes with it. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { busyboxArchive, noBusybox } from '../engine/support/busybox-image.ts';
import { startDockerDaemon, whyNoDockerDaemon, type DockerDaemon } from '../engines/docker-daemon.ts';
import { machine, noMachine } from './machine.ts';

const reason = (await whyNoDockerDaemon()) ?? noBusybox;
const skip = noMachine === false ? (reason ?? false) : noMachine;
const ofPodman = [
  'conmon',
  'crun',
  'netavark',
  'aardvark-dns',
  'slirp4netns',
  'pasta',
  'fuse-overlayfs',
  'podman-remote',
];
const image = 'localhost/only-docker:1';

describe('a machine with nothing but Docker', { skip, timeout: 300_000 }, () => {
  let docker: DockerDaemon;
  before(async () => {
    docker = await startDockerDaemon();
  });
  after(() => docker[Symbol.asyncDispose]());
  const here = (user?: { uid: number; gid: number }) =>
    machine({ podman: 'missing', without: ofPodman, docker: docker.socketPath, user });

  it('is found and used by every command', async () => {
    using mine = here();
    const doctor = mine.run(['doctor']);
    assert.equal(doctor.status, 0, doctor.stdout + doctor.stderr);
    assert.match(doctor.stdout, /^Docker \S+, rootful, at \/(var\/)?run\/docker\.sock/m);
    const archive = join(mine.folder, 'image.tar');
    writeFileSync(archive, await busyboxArchive(image));
    assert.equal(mine.run(['image', 'load', archive]).status, 0);
    const check = mine.run(['check', image, '-user=0', '-oci_runtime=runc']);
    assert.equal(check.status, 0, check.stdout + check.stderr);
    assert.match(check.stdout, /works on docker/);
    // The image is no plugin, so it can't be talked to.
    const run = mine.run(['run', image, '-type=secret', '-user=0', '-oci_runtime=runc']);
    assert.equal(run.status, 1, run.stderr);
    for (const words of [['ps'], ['gc'], ['matrix', image, '-filter=runtime=runc']])
      assert.equal(mine.run(words).status, 0, words.join(' '));
  });

  it('is told from one that is not there, for a user who may not use it', () => {
    using mine = here({ uid: 65_534, gid: 65_534 });
    const doctor = mine.run(['doctor']);
    assert.equal(doctor.status, 1, doctor.stdout + doctor.stderr);
    assert.match(
      doctor.stdout,
      /^Closed to this user: \/(var\/)?run\/docker\.sock \(usual place of Docker\)$/m,
    );
    const { gid } = statSync(docker.socketPath);
    const name = new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(readFileSync('/etc/group', 'utf8'))?.[1];
    const group = name === undefined ? `group ${gid}` : `group ${name} (${gid})`;
    assert.ok(doctor.stdout.includes(`put the user into the ${group}: members of that group`), doctor.stdout);
  });
});
