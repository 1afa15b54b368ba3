/** A short part of the fuzzing: every input of the corpus, and some hundred others for each parser. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { corpusFolder, fuzz } from './fuzz.ts';
import { targets as planted } from './planted.ts';
import { targets } from './targets.ts';

const inputs = 150;

describe('every parser of what others wrote', () => {
  it('bears its corpus, and other inputs made of it', { timeout: 300_000 }, async () => {
    const reports = await fuzz({ targets, seed: 1, inputs });
    const faults = [...reports.values()].flatMap(({ faults }) =>
      faults.map(({ target, kind, what, input }) => ({
        target,
        kind,
        what,
        input: Buffer.from(input).toString('base64'),
      })),
    );
    assert.deepEqual(faults, []);
    for (const [name, { ran }] of reports) assert.equal(ran, inputs, name);
  });

  it('has a folder in the corpus only if there is such a parser', async () => {
    const folders = await readdir(corpusFolder);
    const names = [...targets.map(({ name }) => name), 'zstd']; // Node.js before 22.15 has no zstd
    assert.deepEqual(
      folders.filter((folder) => !names.includes(folder)),
      [],
    );
  });
});

describe('the fuzzer', () => {
  const module = fileURLToPath(new URL('./planted.ts', import.meta.url));

  async function findPlanted(name: string, most: number) {
    const reports = await fuzz({
      targets: planted.filter((target) => target.name === name),
      seed: 7,
      inputs: most,
      mostFaults: 1,
      module,
    });
    const fault = reports.get(name)?.faults[0];
    assert.ok(fault !== undefined, `nothing found in ${most} inputs`);
    return fault;
  }

  it(
    'finds an error that is not one of refusal, and makes its input small',
    { timeout: 120_000 },
    async () => {
      const { kind, what, input } = await findPlanted('planted-error', 20_000);
      assert.equal(kind, 'error');
      assert.match(what, /a type that nobody thought of/);
      assert.match(Buffer.from(input).toString('latin1'), /^length=.{0,4}type=c$/);
    },
  );

  it('finds an input that never ends', { timeout: 120_000 }, async () => {
    const { kind, input } = await findPlanted('planted-hang', 20_000);
    assert.equal(kind, 'hang');
    assert.match(Buffer.from(input).toString('latin1'), /length=[^;]*\./);
  });

  it('finds an input that takes too much memory', { timeout: 120_000 }, async () => {
    const { kind, input } = await findPlanted('planted-memory', 20_000);
    assert.equal(kind, 'memory');
    assert.match(Buffer.from(input).toString('latin1'), /length=\d{9};/);
  });

  it('finds the same again with the same seed', { timeout: 120_000 }, async () => {
    const [one, two] = [
      await findPlanted('planted-error', 20_000),
      await findPlanted('planted-error', 20_000),
    ];
    assert.equal(one.iteration, two.iteration);
    assert.deepEqual(one.input, two.input);
  });

  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no time', [], /--seconds is missing/],
    ['a time that is none', ['--seconds', 'ten'], /--seconds: "ten" is not a whole number/],
    ['a seed that is none', ['--seconds', '1', '--seed', '-1'], /--seed|ambiguous/],
    ['a parser that is none', ['--seconds', '1', '--target', 'x'], /there is no target "x"/],
    ['an option that is none', ['--second', '1'], /Unknown option/],
  ];
  for (const [what, given, message] of wrong) {
    it(`refuses ${what}, and says how it is called`, () => {
      const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...given], {
        encoding: 'utf8',
      });
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.match(stderr, /npm run fuzz -- --seconds N/);
    });
  }
});
