/** The catalog commands, as a user of Vault types them. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bulkhead, type Ended } from './bulkhead.ts';
import { runInProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bulkhead-cli-catalog-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** A catalog of its own for each story. */
function inDirectory(name: string): { directory: string; run: (...args: string[]) => Ended } {
  const directory = join(folder, name);
  return { directory, run: (...args) => bulkhead(args, { BULKHEAD_DIRECTORY: directory }) };
}

const image = '-oci_image=localhost/kv';

describe('the catalog on the command line', { timeout: 300_000 }, () => {
  it("lists plugin runtimes in Vault's columns, and shows one in Vault's field names", () => {
    const { run } = inDirectory('runtimes');
    const heads = 'Name    Type    OCI Runtime    Parent Cgroup    CPU Nanos    Memory Bytes\n';
    assert.ok(run('plugin', 'runtime', 'list').stdout.startsWith(heads));
    assert.equal(run('plugin', 'runtime', 'list', '-format=json').stdout, '[]\n');

    const settings = [
      '-oci_runtime=runsc',
      '-cgroup_parent=/obs',
      '-cpu_nanos=500000000',
      '-memory-bytes',
      '256M',
    ];
    const registered = run('plugin', 'runtime', 'register', '-type=container', ...settings, 'my-runsc');
    assert.deepEqual(registered, {
      status: 0,
      stdout: 'Success! Registered plugin runtime: my-runsc\n',
      stderr: '',
    });
    assert.equal(
      run('plugin', 'runtime', 'list').stdout.split('\n')[2],
      'my-runsc    container    runsc          /obs             500000000    268435456',
    );
    assert.equal(run('plugin', 'runtime', 'info', '-field=memory_bytes', 'my-runsc').stdout, '268435456\n');
    assert.deepEqual(JSON.parse(run('plugin', 'runtime', 'info', 'my-runsc', '--format', 'json').stdout), {
      cgroup_parent: '/obs',
      cpu_nanos: 500_000_000,
      memory_bytes: 268_435_456,
      name: 'my-runsc',
      oci_runtime: 'runsc',
      rootless: false,
      type: 'container',
    });
  });

  it('keeps settings that Vault does not have', () => {
    const { run } = inDirectory('further');
    const flags = [
      '-rootless',
      '-memory_lock',
      '-tmpfs=/tmp:16M',
      '-tmpfs=/run',
      '-ulimit=memlock=-1',
      '-ulimit=nofile=64:128',
      '-writable',
      '-pids_limit=20',
      '-user=1:2',
    ];
    assert.equal(run('plugin', 'runtime', 'register', ...flags, 'mine').status, 0);
    const { tmpfs, ulimits, ...others } = JSON.parse(
      run('plugin', 'runtime', 'info', '-format=json', 'mine').stdout,
    ) as Record<string, unknown>;
    assert.deepEqual(tmpfs, [{ path: '/tmp', sizeBytes: 16_777_216 }, { path: '/run' }]);
    assert.deepEqual(ulimits, [
      { name: 'memlock', soft: -1, hard: -1 },
      { name: 'nofile', soft: 64, hard: 128 },
    ]);
    const { rootless, memory_lock, read_only_root_filesystem, pids_limit, user } = others;
    assert.deepEqual(
      [rootless, memory_lock, read_only_root_filesystem, pids_limit, user],
      [true, true, false, 20, '1:2'],
    );
  });

  it('registers, lists, shows, pins and deregisters a plugin, and never shows the values of its variables', () => {
    const { run } = inDirectory('plugins');
    const register = ['plugin', 'register', image, '-skip_probe'];
    assert.equal(run('plugin', 'runtime', 'register', '-oci_runtime=runc', 'my-runc').status, 0);
    const first = run(
      ...register,
      '-version=0.25.0',
      '-env=TOKEN=tell-nobody',
      '-args=-x',
      '-runtime=my-runc',
      'secret',
      'obs-kv',
    );
    assert.deepEqual(first, { status: 0, stdout: 'Success! Registered plugin: obs-kv\n', stderr: '' });
    assert.equal(run(...register, 'auth', 'jwt').status, 0);

    assert.equal(
      run('plugin', 'list').stdout,
      'Name      Type      Version\n----      ----      -------\njwt       auth      n/a\nobs-kv    secret    v0.25.0\n',
    );
    assert.equal(
      run('plugin', 'list', 'secret').stdout,
      'Name      Version\n----      -------\nobs-kv    v0.25.0\n',
    );
    assert.equal(
      run('plugin', 'list', '-detailed', 'auth').stdout,
      'Name    Type    Version    Container    Deprecation Status\n----    ----    -------    ---------    ------------------\njwt     auth    n/a        true         n/a\n',
    );
    const listed = JSON.parse(run('plugin', 'list', '-format=json').stdout) as {
      secret: string[];
      details: object[];
    };
    assert.deepEqual([listed.secret, listed.details.length], [['obs-kv'], 2]);

    const shown = run('plugin', 'info', '-version=v0.25.0', 'secret', 'obs-kv');
    assert.match(
      shown.stdout,
      /^arg_count +1\nbuiltin +false\ncommand +n\/a\ndeprecation_status +n\/a\nenv_names +\["TOKEN"\]\nname +obs-kv\noci_image +localhost\/kv\nruntime +my-runc\nsha256 +n\/a\ntype +secret\nversion +v0\.25\.0$/m,
    );
    const everything = ['table', 'json', 'yaml'].map(
      (format) => run('plugin', 'info', `-format=${format}`, 'secret', 'obs-kv').stdout,
    );
    assert.doesNotMatch(everything.join(), /tell-nobody/);

    const whichOne = run('plugin', 'deregister', 'secret', 'obs-kv');
    assert.equal(whichOne.status, 1);
    assert.match(whichOne.stderr, /registered are v0\.25\.0\nHint: Name one with -version\./);

    assert.equal(run('plugin', 'pin', 'secret', 'obs-kv', '0.25.0').status, 0);
    assert.match(run('plugin', 'pin').stdout, /^obs-kv {4}secret {4}v0\.25\.0$/m);
    const pinned = run('plugin', 'deregister', '-version=0.25.0', 'secret', 'obs-kv');
    assert.deepEqual([pinned.status, pinned.stderr.includes('is pinned\nHint: ')], [1, true]);
    assert.equal(run('plugin', 'pin', '-remove', 'secret', 'obs-kv').status, 0);

    const inUse = run('plugin', 'runtime', 'deregister', 'my-runc');
    assert.equal(inUse.status, 1);
    assert.match(inUse.stderr, /in use by secret obs-kv v0\.25\.0/);
    assert.equal(
      run('plugin', 'deregister', '-version=0.25.0', 'secret', 'obs-kv').stdout,
      'Success! Deregistered secret plugin: obs-kv\n',
    );
    const again = run('plugin', 'deregister', '-version=0.25.0', 'secret', 'obs-kv');
    assert.deepEqual(again, {
      status: 0,
      stdout: 'Plugin "obs-kv" (type: "secret", version "0.25.0") does not exist in the catalog\n',
      stderr: '',
    });
    assert.equal(run('plugin', 'runtime', 'deregister', 'my-runc').status, 0);
  });

  it('names a file that is no entry, and lists the others', () => {
    const { directory, run } = inDirectory('damaged');
    for (const name of ['good', 'torn']) run('plugin', 'register', image, '-skip_probe', 'secret', name);
    const file = readdirSync(directory, { recursive: true, encoding: 'utf8' }).find(
      (path) => path.includes('torn') && path.endsWith('.json'),
    );
    writeFileSync(join(directory, file ?? ''), '{');
    const { status, stdout, stderr } = run('plugin', 'list', '-format=json', 'secret');
    assert.equal(status, 0);
    assert.deepEqual(
      (JSON.parse(stdout) as { details: { name: string }[] }).details.map(({ name }) => name),
      ['good'],
    );
    assert.match(stderr, /^Warning: .*torn.* is torn, or not JSON$/m);
    const info = run('plugin', 'info', 'secret', 'torn');
    assert.deepEqual([info.status, info.stderr.includes('CATALOG_DAMAGED')], [3, true]);
  });

  it('makes nothing by looking', () => {
    const { directory, run } = inDirectory('empty');
    assert.equal(run('plugin', 'list', '-format=json').stdout, '{\n  "details": []\n}\n');
    assert.equal(run('plugin', 'info', 'secret', 'kv').status, 1);
    assert.throws(() => readdirSync(directory), /ENOENT/);
  });

  const wrong: readonly (readonly [string[], number, RegExp])[] = [
    [['plugin'], 2, /usage: bulkhead plugin COMMAND[\s\S]*register TYPE NAME/],
    [['plugin', 'regster'], 2, /bulkhead plugin has no command regster; did you mean register\?/],
    [['plugin', 'runtime', 'register'], 2, /NAME is missing/],
    [['plugin', 'runtime', 'register', 'a', 'b'], 2, /too many arguments: 1 expected, and there is "b"/],
    [
      ['plugin', 'runtime', 'register', '-type=combobulator', 'a'],
      2,
      /-type is one of container, not "combobulator"/,
    ],
    [['plugin', 'runtime', 'register', '-cpu_nanos=-1', 'a'], 2, /-cpu_nanos takes a whole number/],
    [['plugin', 'runtime', 'register', 'bad name!'], 2, /INVALID_OPTION: name: /],
    [['plugin', 'runtime', 'register', '-tmpfs=tmp', 'a'], 2, /must be an absolute path/],
    [['plugin', 'runtime', 'register', '-tmpfs=/tmp:big', 'a'], 2, /-tmpfs takes a number of bytes/],
    [['plugin', 'runtime', 'register', '-ulimit=memlock', 'a'], 2, /-ulimit takes NAME=SOFT/],
    [['plugin', 'runtime', 'info', 'nope'], 1, /CATALOG_NOT_FOUND: the catalog has no plugin runtime "nope"/],
    [['plugin', 'register', 'secret', 'kv'], 2, /-oci_image is required/],
    [['plugin', 'register', image, '-skip_probe', 'secret'], 2, /NAME is missing/],
    [['plugin', 'register', image, '-skip_probe', 'bogus', 'kv'], 2, /knows no plugins of type "bogus"/],
    [['plugin', 'register', image, '-skip_probe', '-version=notsemver', 'secret', 'kv'], 2, /notsemver/],
    [
      ['plugin', 'register', image, '-skip_probe', '-sha256=zz', 'secret', 'kv'],
      2,
      /sha256: must be 64 hexadecimal digits/,
    ],
    [
      ['plugin', 'register', image, '-skip_probe', '-runtime=nope', 'secret', 'kv'],
      1,
      /no plugin runtime "nope"/,
    ],
    [['plugin', 'register', image, '-skip_probe', '-env=NOEQUALS', 'secret', 'kv'], 2, /must be NAME=value/],
    [
      ['plugin', 'register', image, '-skip_probe', '-env=PLUGIN_X=1', 'secret', 'kv'],
      2,
      /PLUGIN_X is set by the go-plugin protocol/,
    ],
    [['plugin', 'register', image, '-engine=/nonexistent.sock', 'secret', 'kv'], 3, /ENGINE_SOCKET_ABSENT/],
    [['plugin', 'pin', 'secret'], 2, /NAME is missing/],
    [['plugin', 'pin', 'secret', 'kv', '1.0.0'], 1, /CATALOG_NOT_FOUND/],
    [['plugin', 'pin', '-remove'], 2, /TYPE and NAME of the pin/],
  ];
  for (const [args, exit, said] of wrong) {
    it(`refuses: bulkhead ${args.join(' ')}`, async () => {
      const environment = { BULKHEAD_DIRECTORY: inDirectory('wrong').directory };
      const { status, stdout, stderr } = await runInProcess(args, environment);
      assert.match(stderr, said);
      assert.deepEqual([status, stdout], [exit, '']);
    });
  }

  it('says which directory it can not write', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { status, stderr } = bulkhead([
      'plugin',
      'runtime',
      'register',
      '-directory',
      join(file, 'x'),
      'a',
    ]);
    assert.equal(status, 3);
    assert.match(stderr, /^Error: CATALOG_UN(READ|WRIT)ABLE: .*a-file/);
  });
});
