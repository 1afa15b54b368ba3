import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { runNodeAsUser } from './as-user.ts';
import { ask } from './ask.ts';
import { enginesScript, loadEngines, loadStatus, noEngines } from './engines.ts';
import { removeContainer, startStillContainer } from './still-container.ts';
import { programArgs } from '../plugins/program-args.ts';

const engines = loadEngines();
const skip = engines.length === 0 ? noEngines : false;
const needsRoot = skip || (process.geteuid?.() === 0 ? false : 'needs root');

describe('the engines of this machine', { skip, timeout: 300_000 }, () => {
  it('are all four, each with runc, crun and runsc, in every suite that is up', () => {
    const { engines: known } = loadStatus();
    const names = ['docker-rootful', 'docker-rootless', 'podman-rootful', 'podman-rootless'];
    for (const suite of new Set(engines.map((engine) => engine.suite))) {
      assert.deepEqual(
        known
          .filter((engine) => engine.suite === suite && engine.state === 'up')
          .map((engine) => engine.name),
        names,
      );
    }
    const failures = known.flatMap(({ suite, name, services }) =>
      services.flatMap(({ runtime, reason }) =>
        reason === undefined ? [] : `${suite} ${name} ${runtime}: ${reason}`,
      ),
    );
    assert.deepEqual(failures, []);
  });

  for (const engine of engines) {
    for (const service of engine.services) {
      const label = `${engine.suite} ${engine.name} ${engine.version} with ${service.runtime} ${service.runtimeVersion}`;

      it(`${label} answers on its socket as the engine it is said to be`, async () => {
        const { status, headers } = await ask(service.socket, 'GET', '/_ping');
        assert.equal(status, 200);
        assert.equal(headers['api-version'], engine.apiVersion);
        assert.equal('libpod-api-version' in headers, engine.kind === 'podman');
      });

      it(`${label} really runs a container with that runtime`, async () => {
        const container = await startStillContainer(engine, service);
        try {
          assert.equal(container.running, true);
          assert.equal(container.runtime, service.runtime);
        } finally {
          await removeContainer(service.socket, container.id);
        }
      });
    }
  }

  it(
    'are reached by the rootless user where they are rootless, and only there',
    { skip: needsRoot },
    async () => {
      const [engine] = engines;
      assert.ok(engine);
      const child = runNodeAsUser(programArgs('test/engines/reachable-engines.ts'), { engine });
      assert.ok(child.stdout && child.stderr);
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      assert.deepEqual(JSON.parse(stdout || 'null'), reachableByTheirUser(), stderr);
    },
  );

  function reachableByTheirUser() {
    const reachable = engines
      .filter((engine) => engine.rootless)
      .flatMap((engine) =>
        engine.services.map((service) => `${engine.suite} ${engine.name} ${service.runtime}`),
      );
    return { uid: engines[0]?.user.uid, reachable };
  }

  it('are left as they are by a second up', { skip: needsRoot }, () => {
    const up = loadStatus()
      .engines.filter(({ suite, state }) => suite === 'host' && state === 'up')
      .map(({ name }) => name);
    const before = processes();
    const { status, stderr } = spawnSync(enginesScript, ['up', ...up], { encoding: 'utf8', timeout: 60_000 });
    assert.equal(status, 0, stderr);
    assert.deepEqual(processes(), before);
  });

  function processes() {
    return engines.flatMap(({ services }) =>
      services.map(({ socket }) => readFileSync(socket.replace(/\.sock$/, '.pid'), 'utf8')),
    );
  }
});

describe('scripts/engines', () => {
  const misuses: readonly (readonly [string[], RegExp])[] = [
    [[], /Usage/],
    [['start'], /unknown command: start/],
    [['status', '--yaml'], /unknown argument of status: --yaml/],
  ];
  for (const [args, said] of misuses) {
    it(`ends with 2 and says why: scripts/engines ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = spawnSync(enginesScript, args, {
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, said);
    });
  }

  it(
    'refuses an engine that it does not know, naming those that it does',
    { skip: needsRoot && 'needs root' },
    () => {
      const { status, stderr } = spawnSync(enginesScript, ['up', 'lxc'], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 2);
      assert.match(
        stderr,
        /unknown engine: lxc; known are docker-rootful docker-rootless podman-rootful podman-rootless/,
      );
    },
  );
});
