import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { enginesFlag, socketFlag } from '../../src/cli/commands/engine-flag.ts';
import { bytes, choice, text, texts, toggle, whole } from '../../src/cli/flags.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const flags = {
  oci_runtime: text('NAME', 'runtime', { alias: 'runtime' }),
  env: texts('NAME=VALUE', 'variable'),
  rootless: toggle('rootless'),
  follow: toggle('follow', { short: 'f' }),
  cpu_nanos: whole('N', 'cpu'),
  memory_bytes: bytes('N', 'memory'),
  format: choice(['table', 'json'], 'format'),
};

function parsed(...words: string[]) {
  const given = parseArguments(words, flags);
  const values = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      flag.convert(given.flags.get(name) ?? [], `-${name}`),
    ]),
  );
  return { ...values, positionals: given.positionals };
}

const nothing = {
  oci_runtime: undefined,
  env: [],
  rootless: false,
  follow: false,
  cpu_nanos: undefined,
  memory_bytes: undefined,
  format: 'table',
  positionals: [],
};

describe('arguments', () => {
  it('have defaults', () => {
    assert.deepEqual(parsed(), nothing);
  });

  const spellings = [
    ['-oci_runtime=runc'],
    ['-oci_runtime', 'runc'],
    ['--oci_runtime=runc'],
    ['--oci-runtime', 'runc'],
    ['--oci-runtime=runc'],
    ['-oci-runtime', 'runc'],
    ['-runtime=runc'],
  ];
  for (const words of spellings) {
    it(`takes ${words.join(' ')}`, () => {
      assert.deepEqual(parsed(...words), { ...nothing, oci_runtime: 'runc' });
    });
  }

  it('may mix flags and positionals, and end flags with --', () => {
    assert.deepEqual(parsed('a', '-rootless', 'b', '-f', '--', '-c', '--'), {
      ...nothing,
      rootless: true,
      follow: true,
      positionals: ['a', 'b', '-c', '--'],
    });
  });

  it('keep every =, blank, line end and dash in a value', () => {
    assert.deepEqual(parsed('-env=A=b=c d\ne', '-env', '-x=1', '-env='), {
      ...nothing,
      env: ['A=b=c d\ne', '-x=1', ''],
    });
  });

  it('let the last of several count where only one can, as Vault does', () => {
    assert.deepEqual(parsed('-oci_runtime=runc', '-oci_runtime=crun', '-rootless', '-rootless=false'), {
      ...nothing,
      oci_runtime: 'crun',
    });
  });

  it('take a lone dash and the empty word as positionals', () => {
    assert.deepEqual(parsed('-', '').positionals, ['-', '']);
  });

  it('take bytes with and without a unit', () => {
    for (const [given, value] of [
      ['0', 0],
      ['268435456', 268_435_456],
      ['256M', 268_435_456],
      ['256MiB', 268_435_456],
      ['1g', 1_073_741_824],
      ['4kb', 4096],
    ] as const) {
      assert.equal(parsed(`-memory_bytes=${given}`)['memory_bytes' as keyof object], value, given);
    }
  });

  const refused: readonly (readonly [string[], RegExp])[] = [
    [['-oci_runtim=runc'], /no flag -oci_runtim here; did you mean -oci_runtime\?/],
    [['--cpu', '1'], /did you mean -cpu_nanos\?/],
    [['-zzzzzz'], /no flag -zzzzzz here$/],
    [['-constructor'], /no flag -constructor here/],
    [['-=x'], /no flag - here/],
    [['---x'], /no flag/],
    [['-cpu_nanos=-1'], /-cpu_nanos takes a whole number that is not negative, not "-1"/],
    [['-cpu_nanos', '1e9'], /not "1e9"/],
    [['-cpu_nanos=99999999999999999999'], /whole number/],
    [['-cpu_nanos='], /not ""/],
    [['-memory_bytes=256X'], /number of bytes/],
    [['-memory_bytes=99999999999g'], /number of bytes/],
    [['-rootless=yes'], /-rootless is true or false, not "yes"/],
    [['-format=toString'], /-format is one of table, json/],
    [['-oci_runtime'], /-oci_runtime needs a value: NAME/],
  ];
  for (const [words, said] of refused) {
    it(`refuses ${words.join(' ')}`, () => {
      assert.throws(
        () => parsed(...words),
        (error) => error instanceof UsageError && said.test(error.message),
      );
    });
  }
});

describe('the socket of an engine', () => {
  const flag = socketFlag('engine');

  it('may be a path, a path as a shell completes it, or a URL as in DOCKER_HOST', () => {
    assert.equal(flag.convert(['/run/docker.sock'], '-engine'), '/run/docker.sock');
    assert.equal(flag.convert(['unix:///run/docker.sock'], '-engine'), '/run/docker.sock');
    assert.equal(flag.convert(['run/../docker.sock'], '-engine'), join(process.cwd(), 'docker.sock'));
    assert.equal(flag.convert([], '-engine'), undefined);
    assert.deepEqual(enginesFlag('engines').convert(['unix:///a', 'b'], '-engine'), [
      '/a',
      join(process.cwd(), 'b'),
    ]);
  });

  it('is not another machine, nor nothing', () => {
    for (const wrong of ['tcp://127.0.0.1:2375', 'ssh://me@there', '', 'unix://'])
      assert.throws(() => flag.convert([wrong], '-engine'), UsageError, wrong);
  });
});
