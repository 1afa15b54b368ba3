/** doctor, check and matrix, as a user types them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { connectEngine } from '../../src/engine/index.ts';
import type { MatrixResult } from '../../src/compatibility/index.ts';
import { hostLabels } from '../../src/host/index.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { ownSocketParent } from '../host/socket-parent.ts';
import { loadFixture } from '../plugins/images.ts';
import { bulkhead, startBulkhead } from './bulkhead.ts';
import { runInProcess } from './in-process.ts';
import { machine, noMachine } from './machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-cli-matrix-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const foreign = 'test/compatibility/facts/docker-29-rootful.json';

it('a matrix needs an engine, and says so', { skip: noMachine }, () => {
  using nowhere = machine({ podman: 'missing' });
  const { status, stdout, stderr } = nowhere.run(['matrix']);
  assert.deepEqual([status, stdout], [3, '']);
  assert.match(stderr, /ENGINE_NONE_FOUND: no engine answers/);
  assert.match(stderr, /-facts/);
});

describe('the matrix of a host that is not here', { timeout: 120_000 }, () => {
  it('is predicted from its facts, in every format', () => {
    const json = bulkhead(['matrix', '-facts', foreign, '-format=json']);
    assert.equal(json.status, 0, json.stderr);
    const { cells, summary } = JSON.parse(json.stdout) as MatrixResult;
    assert.ok(cells.length > 0);
    assert.equal(summary.cells, cells.length);
    const files = ['a.html', 'a.xml', 'a.md', 'a.txt', 'a.yaml'].map((name) => join(folder, name));
    const written = bulkhead(['matrix', `-facts=${foreign}`, ...files.map((file) => `-output=${file}`)]);
    assert.deepEqual([written.status, written.stderr], [0, '']);
    assert.match(written.stdout, /^\d+ cells: /);
    const begins = [/^<!doctype html>/i, /^<\?xml /, /^\| Engine/, /^Engine /, /^cells:/];
    for (const [at, file] of files.entries()) assert.match(readFileSync(file, 'utf8'), begins[at] ?? /./);
  });

  it('fails where a cell must work and does not, and is limited by a filter', async () => {
    const file = join(folder, 'cells');
    writeFileSync(file, 'runtime=kata # nobody has it\n');
    const unmet = await runInProcess(['matrix', '-facts', foreign, '-require', file]);
    assert.equal(unmet.status, 1);
    assert.match(unmet.stdout, /Required, and does not work: kata/);
    const some = await runInProcess([
      'matrix',
      '-facts',
      foreign,
      '-filter=user=root',
      '-filter',
      'mlock=off',
      '-format=json',
    ]);
    const { cells } = JSON.parse(some.stdout) as MatrixResult;
    assert.ok(cells.length > 0 && cells.every(({ user, mlock }) => user === 'root' && !mlock));
  });

  const wrong: readonly (readonly [string[], number, RegExp])[] = [
    [
      ['-live', '-type=secret', '-args=x'],
      2,
      /-type, -args: these say how to start an image, and IMAGE is missing/,
    ],
    [['x:1', '-live', '-dry'], 2, /give one of them/],
    [['x:1', '-facts', foreign], 2, /-facts is about another host/],
    [['x:1', '-cookie=A=b'], 2, /give -live too/],
    [['-filter=engine=containerd'], 2, /engine is one of docker, podman/],
    [['-facts', '/nonexistent'], 3, /\/nonexistent can't be read.*ENOENT/],
    [['-facts', 'package.json'], 2, /FACTS_INVALID/],
    [['-facts', foreign, '-require=/nonexistent'], 3, /ENOENT/],
    [['-facts', foreign, '-output=matrix'], 2, /the ending of matrix says no format/],
    [
      ['-facts', foreign, '-output=/nonexistent/a.html'],
      3,
      /\/nonexistent\/a\.html can't be written.*ENOENT/,
    ],
    [['-engine=/nonexistent.sock'], 3, /ENGINE_SOCKET_ABSENT/],
  ];
  for (const [args, exit, said] of wrong) {
    it(`refuses: bulkhead matrix ${args.join(' ')}`, async () => {
      const { status, stdout, stderr } = await runInProcess(['matrix', ...args]);
      assert.match(stderr, said);
      assert.deepEqual([status, stdout], [exit, '']);
    });
  }
});

describe('the doctor', { timeout: 120_000 }, () => {
  it('says of a host without engines what to do', async () => {
    const { status, stdout } = await runInProcess(['doctor', '-engine=/nonexistent.sock']);
    assert.equal(status, 1);
    assert.match(
      stdout,
      /^This host$[\s\S]*^ {2}kernel +linux[\s\S]*Nothing answers at \/nonexistent\.sock[\s\S]*Hint: /m,
    );
  });
});

const testEngine = loadEngines().find(
  ({ kind, rootless, suite }) => kind === 'docker' && !rootless && suite === 'host',
);

describe('on a real engine', { skip: testEngine === undefined && noEngines, timeout: 300_000 }, () => {
  const socket = testEngine?.services[0]?.socket ?? '';

  it('the doctor tells engines, what to do, and records facts that a matrix can be made from', async () => {
    if (testEngine === undefined) return;
    await using sockets = await ownSocketParent(testEngine);
    const file = join(folder, 'facts.json');
    const where = [`-engine=${socket}`, `-socket_directory=${sockets.path}`];
    const told = bulkhead(['doctor', ...where, `-record=${file}`]);
    assert.equal(told.status, 0, told.stderr);
    assert.match(
      told.stdout,
      /^Docker \S+, rootful, at [\s\S]*^ {2}runtimes .*runsc[\s\S]*^ {2}cells +\d+ of 12 work/m,
    );
    const { ok, engines } = JSON.parse(bulkhead(['doctor', ...where, '-format=json']).stdout) as {
      ok: boolean;
      engines: { facts: { kind: string } }[];
    };
    assert.deepEqual([ok, engines.map(({ facts }) => facts.kind)], [true, ['docker']]);
    const here = bulkhead(['matrix', ...where, '-format=json']);
    assert.equal(here.status, 0, here.stderr);
    const recorded = bulkhead(['matrix', '-facts', file, '-format=json']);
    assert.deepEqual(JSON.parse(recorded.stdout), JSON.parse(here.stdout));
  });

  it('check says yes with 0, no with 1 and every reason, in the promised form', async (t) => {
    if (testEngine === undefined) return;
    await using engine = await connectEngine({ socketPath: socket });
    await using sockets = await ownSocketParent(testEngine);
    const fixture = await loadFixture(engine, 'node-vault-kv');
    if (fixture.skipped !== undefined) {
      t.skip(fixture.skipped);
      return;
    }
    const where = [`-engine=${socket}`, `-socket_directory=${sockets.path}`];
    const yes = bulkhead(['check', fixture.tag, ...where]);
    assert.deepEqual([yes.status, yes.stderr], [0, '']);
    assert.match(yes.stdout, /works on docker .* rootful, runsc, non-root user, mlock off/);

    const no = bulkhead([
      'check',
      'localhost/nosuch:1',
      '-oci-runtime',
      'runc',
      '-mlock',
      '-format=json',
      ...where,
    ]);
    assert.equal(no.status, 1);
    const result = JSON.parse(no.stdout) as { cell: object; reasons: object[] };
    const fields = ['ok', 'verdict', 'overridden', 'cell', 'network', 'reasons', 'strategy'];
    assert.deepEqual(Object.keys(result), fields);
    assert.deepEqual(result.cell, {
      engine: 'docker',
      mode: 'rootful',
      runtime: 'runc',
      user: 'non-root',
      mlock: true,
    });
    assert.deepEqual(Object.keys(result.reasons[0] ?? {}), [
      'rule',
      'requirement',
      'observed',
      'remedy',
      'source',
    ]);
  });

  it('the live matrix launches what it is told to, and says that reality is as predicted', async (t) => {
    if (testEngine === undefined) return;
    await using engine = await connectEngine({ socketPath: socket });
    await using sockets = await ownSocketParent(testEngine);
    const fixture = await loadFixture(engine, 'node-vault-kv');
    if (fixture.skipped !== undefined) {
      t.skip(fixture.skipped);
      return;
    }
    const page = join(folder, 'live.html');
    const report = join(folder, 'live.json');
    const { status, stdout, stderr } = bulkhead([
      ...[
        'matrix',
        fixture.tag,
        '-live',
        '-type=secret',
        `-engine=${socket}`,
        `-socket_directory=${sockets.path}`,
      ],
      ...['-filter=runtime=runc', '-filter=mlock=off', '-call=KV/Put', '-data={"key":"a"}'],
      ...[`-output=${page}`, `-output=${report}`],
    ]);
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout, '2 cells: 2 should work, 0 refused; 2 launched, all as predicted.\n');
    const { cells } = JSON.parse(readFileSync(report, 'utf8')) as MatrixResult;
    assert.deepEqual(
      cells.map(({ live, agrees }) => [live?.ok, agrees]),
      [
        [true, true],
        [true, true],
      ],
    );
    assert.match(readFileSync(page, 'utf8'), /all really launched/);
  });

  it('a live matrix of a plugin of Vault sets it up as Vault does', async (t) => {
    if (testEngine === undefined) return;
    await using engine = await connectEngine({ socketPath: socket });
    await using sockets = await ownSocketParent(testEngine);
    const secretsEngine = await loadFixture(engine, 'go-vault-kv');
    const pretender = await loadFixture(engine, 'node-vault-kv'); // has the cookie of a secrets engine, and serves none
    if (secretsEngine.skipped !== undefined || pretender.skipped !== undefined) {
      t.skip(secretsEngine.skipped ?? pretender.skipped);
      return;
    }
    const matrixOf = (tag: string) =>
      bulkhead([
        ...['matrix', tag, '-live', '-type=secret', `-engine=${socket}`, '-filter=runtime=runc'],
        ...['-filter=mlock=off', `-socket_directory=${sockets.path}`],
      ]);
    const real = matrixOf(secretsEngine.tag);
    assert.equal(real.status, 0, real.stdout + real.stderr);
    assert.match(real.stdout, /2 launched, all as predicted/);
    assert.match(real.stdout, /call, callback, log, health, shutdown carried; stdio silent: 2 of 2 cells/);
    const { status, stdout } = matrixOf(pretender.tag);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /PLUGIN_CALL_FAILED: .*UNIMPLEMENTED/);
  });
});

const probed = loadEngines().filter(
  ({ name, suite }) => ['docker-rootful', 'podman-rootless'].includes(name) && suite === 'host',
);

for (const { name, rootless, services, shareDirectory } of probed) {
  it(
    `a live matrix without an image brings a plugin of its own to ${name}`,
    { timeout: 300_000 },
    async () => {
      await using sockets = await ownSocketParent({ shareDirectory });
      const paths = [...new Set(services.map(({ socket }) => socket))];
      const { status, stdout, stderr } = bulkhead([
        ...['matrix', '-live', '-format=json', '-filter=runtime=runc,runsc', '-filter=user=non-root'],
        ...(rootless ? ['-filter=mlock=off'] : []), // a second image of 100 MB, for what the first has shown
        ...paths.map((socket) => `-engine=${socket}`),
        `-socket_directory=${sockets.path}`,
      ]);
      assert.equal(status, 0, stdout + stderr);
      const { cells, summary } = JSON.parse(stdout) as MatrixResult;
      const all = ['call', 'callback', 'stdio', 'log', 'health', 'shutdown'];
      for (const { live } of cells.filter(({ verdict }) => verdict === 'works')) {
        assert.deepEqual(live?.channels, Object.fromEntries(all.map((channel) => [channel, 'carried'])));
      }
      assert.deepEqual(
        [summary.launched, summary.works, summary.disagree],
        rootless ? [2, 2, 0] : [4, 4, 0],
        stdout,
      );
      assert.ok(cells.every(({ live }) => live?.ok));
      await using engine = await connectEngine({ socketPath: paths[0] });
      const names = (await engine.images.list()).flatMap(({ tags }) => tags);
      assert.deepEqual(
        names.filter((tag) => tag.includes('bulkhead-probe')),
        [],
      );
      assert.deepEqual(readdirSync(sockets.path), []);
    },
  );

  it(`a live matrix on ${name} that was killed is swept by gc`, { timeout: 120_000 }, async () => {
    await using sockets = await ownSocketParent({ shareDirectory });
    await using engine = await connectEngine({ socketPath: services[0]?.socket });
    const where = [`-engine=${engine.socketPath}`, `-socket_directory=${sockets.path}`];
    await using events = await engine.system.events({ filters: { type: ['container'], event: ['start'] } });
    const matrix = startBulkhead(['matrix', '-live', '-filter=runtime=runc', '-filter=mlock=off', ...where]);
    const ended = once(matrix, 'exit');
    const ours = new Set<string>();
    for await (const { id, attributes } of events) {
      if (attributes[hostLabels.folder]?.startsWith(sockets.path) !== true) continue;
      ours.add(id);
      matrix.kill('SIGKILL');
      await ended;
      break;
    }
    const swept = bulkhead(['gc', ...where]);
    assert.equal(swept.status, 0, swept.stdout + swept.stderr);
    const containers = await engine.containers.list({ all: true });
    assert.deepEqual(
      containers.filter(
        ({ id, labels }) => ours.has(id) || labels[hostLabels.folder]?.startsWith(sockets.path),
      ),
      [],
    );
    const images = await engine.images.list();
    assert.deepEqual(
      images.flatMap(({ tags }) => tags).filter((tag) => tag.includes('bulkhead-probe')),
      [],
    );
    assert.deepEqual(readdirSync(sockets.path), []);
  });
}
