/** `bulkhead vault test`: what it says of a plugin that does what Vault asks, and of one that does not. */
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import type { ConformanceStep } from '../../src/vault/internal.ts';
import { stepNames } from '../../src/vault/internal.ts';
import { loadEngines, noEngines, type TestEngine } from '../engines/engines.ts';
import { loadFixture } from '../plugins/images.ts';
import { openCommandWorld } from './command-world.ts';

/** The first test builds the plugin, which takes minutes on a busy machine. */
const limits = { timeout: 900_000 };
const testEngine = loadEngines().find(
  ({ suite, kind, rootless }) => suite === 'host' && kind === 'docker' && !rootless,
);
const options = { ...limits, skip: testEngine === undefined && noEngines };

function engine(): TestEngine {
  assert.ok(testEngine !== undefined);
  return testEngine;
}

interface Data {
  readonly cells: readonly {
    readonly user: string;
    readonly verdict: string;
    readonly live?: { readonly ok: boolean };
    readonly steps: readonly ConformanceStep[];
  }[];
}

it('passes a real plugin in each cell, in all formats, and leaves nothing', options, async (t) => {
  await using world = await openCommandWorld(engine());
  const image = await loadFixture(world.engine, 'go-vault-secrets-kv');
  if (image.skipped !== undefined) {
    t.skip(image.skipped);
    return;
  }
  const file = (name: string) => join(world.directory, name);
  await writeFile(file('cells.txt'), 'engine=docker runtime=runc mlock=off\n');
  const done = await world.bulkhead(
    ...[
      'vault',
      'test',
      image.tag,
      `-engine=${world.engine.socketPath}`,
      `-socket_directory=${world.sockets}`,
    ],
    ...['-filter=runtime=runc mlock=off', '-options=version=2', `-require=${file('cells.txt')}`],
    ...['json', 'xml', 'md', 'txt'].map((ending) => `-output=${file(`result.${ending}`)}`),
  );
  assert.deepEqual([done.status, done.stdout], [0, '2 of 2 cells run: 2 passed, 0 failed.\n'], done.stderr);
  const { cells } = JSON.parse(await readFile(file('result.json'), 'utf8')) as Data;
  assert.deepEqual(
    cells.map(({ user }) => user),
    ['root', 'non-root'],
  );
  for (const { live, steps } of cells) {
    assert.equal(live?.ok, true);
    assert.deepEqual(
      steps.map(({ name, outcome }) => [name, outcome]),
      stepNames.map((name) => [name, 'passed']),
    );
    const seen = Object.fromEntries(steps.map(({ name, detail }) => [name, detail]));
    assert.match(seen['registers'] ?? '', /^as secret/);
    assert.match(seen['mounts twice'] ?? '', /^multiplexed/);
    assert.match(seen['says its special paths'] ?? '', /sealWrapStorage/);
  }
  const junit = await readFile(file('result.xml'), 'utf8');
  assert.match(
    junit,
    /<testsuites name="bulkhead vault test" tests="18" failures="0" errors="0" skipped="0"/,
  );
  assert.match(
    junit,
    /<testcase classname="docker [^"]* non-root no mlock" name="serves again after a kill"/,
  );
  assert.match(await readFile(file('result.md'), 'utf8'), /\| mounts twice \| ✅ passed \| multiplexed/);
  assert.match(await readFile(file('result.txt'), 'utf8'), /^rolls back +passed/m);
  assert.deepEqual(await world.containers(), []);
  assert.deepEqual(await readdir(world.sockets), []);
});

it('fails a plugin that is none of Vault, and says at which step', options, async (t) => {
  await using world = await openCommandWorld(engine());
  const image = await loadFixture(world.engine, 'node-vault-kv');
  if (image.skipped !== undefined) {
    t.skip(image.skipped);
    return;
  }
  const where = [`-engine=${world.engine.socketPath}`, `-socket_directory=${world.sockets}`];
  const failed = await world.bulkhead(
    ...['vault', 'test', image.tag, '-type=secret', '-filter=runtime=runc user=non-root mlock=off'],
    ...[`-output=${join(world.directory, 'a.json')}`, `-output=${join(world.directory, 'a.xml')}`, ...where],
  );
  assert.deepEqual(
    [failed.status, failed.stdout],
    [1, '1 of 1 cells run: 0 passed, 1 failed.\n'],
    failed.stderr,
  );
  const [cell] = (JSON.parse(await readFile(join(world.directory, 'a.json'), 'utf8')) as Data).cells;
  assert.deepEqual(cell?.steps.map(({ outcome }) => outcome).slice(0, 3), ['passed', 'failed', 'skipped']);
  assert.ok(cell.steps[1]?.error !== undefined);
  const junit = await readFile(join(world.directory, 'a.xml'), 'utf8');
  assert.match(junit, /failures="1" errors="0" skipped="7"/);
  assert.match(junit, /name="mounts"[^]*<failure type="[A-Z_]+"/);
  const none = await world.bulkhead('vault', 'test', 'localhost/nosuch:1', ...where);
  assert.deepEqual([none.status, none.stderr.includes('IMAGE_NOT_PRESENT')], [1, true], none.stderr);
  assert.deepEqual(await world.containers(), []);
});
