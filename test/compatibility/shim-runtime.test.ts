/** How runsc is run by a containerd shim is read out of the engine's configuration and the shim's settings, or is unknown. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isKnown, known, unknown, type Fact } from '../../src/compatibility/index.ts';
import type { EngineProcess } from '../../src/compatibility/gather/engine-process.ts';
import { shimRuntime } from '../../src/compatibility/gather/shim-runtime.ts';
import { parseSimpleToml } from '../../src/compatibility/gather/simple-toml.ts';
import type { EngineInfo } from '../../src/engine/index.ts';

const settings = `# gVisor
log_level = "info"
binary_name = "/usr/bin/runsc"

[runsc_config]
  host-uds = "all" # both ways
  'network' = 'none'
  platform = "systrap"
`;

/** What Docker 24 and later answer about such a runtime, and what earlier ones did. */
const silent = { raw: { Runtimes: { gvisor: {} } } } as unknown as EngineInfo;
const telling = (options: object) =>
  ({
    raw: { Runtimes: { gvisor: { runtimeType: 'io.containerd.runsc.v1', options } } },
  }) as unknown as EngineInfo;
const typeUrl = { TypeUrl: 'io.containerd.runsc.v1.options' };

describe('a runtime that is a containerd shim', () => {
  let folder: string;
  let toml: string;
  let configuration: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shim-'));
    toml = join(folder, 'runsc.toml');
    configuration = join(folder, 'daemon.json');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A daemon that is started when its configuration has been written. */
  function daemon(changes: Partial<EngineProcess> = {}): Fact<EngineProcess> {
    const process_: EngineProcess = {
      pid: process.pid,
      uid: process.geteuid?.() ?? 0,
      commandLine: ['dockerd', '--config-file', configuration],
      startTime: String(Math.ceil((uptime() + 60) * 100)),
      folder: '/proc/self',
      ...changes,
    };
    return known(process_, 'made for a test');
  }

  async function put(
    text: string,
    runtimes: object = shimOf({ ...typeUrl, ConfigPath: toml }),
  ): Promise<void> {
    await rm(toml, { force: true });
    await writeFile(toml, text, { mode: 0o644 });
    await writeFile(configuration, JSON.stringify({ runtimes }), { mode: 0o644 });
  }

  const shimOf = (options: object, runtimeType = 'io.containerd.runsc.v1') => ({
    gvisor: { runtimeType, options },
  });

  async function argumentsOf(info = silent, process_ = daemon()): Promise<readonly string[] | string> {
    const { args } = await shimRuntime('gvisor', info, process_);
    return isKnown(args) ? args.value : args.unknown;
  }

  it('has the arguments of its settings file, which the configuration of the engine names', async () => {
    await put(settings);
    const found = await shimRuntime('gvisor', silent, daemon());
    assert.equal(found.kind, 'runsc');
    assert.equal(found.program, '/usr/bin/runsc');
    assert.deepEqual(await argumentsOf(), ['--host-uds=all', '--network=none', '--platform=systrap']);
    assert.ok(isKnown(found.args) && found.args.evidence === toml);
  });

  it('has them too where the answer of the engine names the file', async () => {
    await put(settings, {});
    const options = { ...typeUrl, ConfigPath: toml };
    assert.deepEqual(await argumentsOf(telling(options)), [
      '--host-uds=all',
      '--network=none',
      '--platform=systrap',
    ]);
  });

  it('has no arguments without a settings file', async () => {
    await put(settings, { gvisor: { runtimeType: 'io.containerd.runsc.v1' } });
    assert.deepEqual(await argumentsOf(), []);
    await put(settings, shimOf(typeUrl));
    assert.deepEqual(await argumentsOf(), []);
  });

  it('may be the shim of runc, whose program has no arguments, and one that is named by its path', async () => {
    await put(settings, shimOf({ BinaryName: '/usr/bin/runsc' }, 'io.containerd.runc.v2'));
    assert.deepEqual(await shimRuntime('gvisor', silent, daemon()), {
      kind: 'runsc',
      args: known([], configuration),
      program: '/usr/bin/runsc',
    });
    const byPath = shimOf({ ...typeUrl, ConfigPath: toml }, '/usr/local/bin/containerd-shim-runsc-v1');
    await put(settings, byPath);
    assert.deepEqual((await argumentsOf()).length, 3);
  });

  it('is unknown where somebody else could have written a file, or it is no plain file', async () => {
    await put(settings);
    await chmod(toml, 0o666);
    assert.match(String(await argumentsOf()), /others may write to it/);
    await put(settings);
    await chmod(configuration, 0o666);
    assert.match(String(await argumentsOf()), /others may write to it/);
    await chmod(configuration, 0o644);
    await rm(toml);
    assert.match(String(await argumentsOf()), /ENOENT/);
    await symlink('/dev/zero', toml);
    assert.match(String(await argumentsOf()), /not a regular file/);
    await put(' '.repeat(2 * 1024 * 1024));
    assert.match(String(await argumentsOf()), /longer than/);
    if (process.geteuid?.() === 0) {
      await put(settings);
      const { chown } = await import('node:fs/promises');
      await chown(toml, 65534, 65534);
      assert.match(String(await argumentsOf()), /belongs to user 65534/);
    }
  });

  it('is unknown where the configuration was changed after the engine was started', async () => {
    await put(settings);
    const began = daemon({ startTime: '100' });
    assert.match(String(await argumentsOf(silent, began)), /changed after the engine was started/);
    await utimes(configuration, 1, 1); // the time of the change of its entry stays
    assert.match(String(await argumentsOf(silent, began)), /changed after the engine was started/);
  });

  it('is unknown where the options or the settings are not what the shim takes', async () => {
    await put(settings, shimOf({ TypeUrl: 'other', ConfigPath: toml }));
    assert.match(String(await argumentsOf()), /not those that it takes/);
    await put(settings, shimOf({ ...typeUrl, ConfigPath: 'runsc.toml' }));
    assert.match(String(await argumentsOf()), /no absolute path/);
    await put('[runsc_config]\nhost-uds = true\n');
    assert.match(String(await argumentsOf()), /no text/);
    await put('[runsc_config]\nhost-uds = """\nall"""\n');
    assert.match(String(await argumentsOf()), /line 2 is not understood/);
    await put(settings, shimOf({}, 'io.containerd.kata.v2'));
    assert.match(String(await argumentsOf()), /nothing is known of the shim io.containerd.kata.v2/);
    await put(settings, { other: {} });
    assert.match(String(await argumentsOf()), /says nothing of a shim for gvisor/);
    await writeFile(configuration, '{');
    assert.match(String(await argumentsOf()), /can't be used/);
  });

  it('is unknown where the process of the engine is', async () => {
    assert.match(String(await argumentsOf(silent, unknown('no process is seen'))), /no process is seen/);
  });
});

describe('a settings file in TOML', () => {
  it('is read where every line of it is understood', () => {
    const tables = parseSimpleToml('a = "x \\"y\\" \\\\"\r\n["t"]\nb=\'\\\' # c\nc = -3\nd = true\n');
    assert.deepEqual([...(tables.get('') ?? [])], [['a', 'x "y" \\']]);
    assert.deepEqual(
      [...(tables.get('t') ?? [])],
      [
        ['b', '\\'],
        ['c', -3],
        ['d', true],
      ],
    );
  });

  for (const text of [
    'runsc_config.host-uds = "all"',
    'runsc_config = { host-uds = "all" }',
    '[[runsc_config]]',
    '[runsc_config.more]',
    'a = "\\u0061"',
    "a = '''x'''",
    'a = "x" b = "y"',
    'a = 1\na = 2',
    '[t]\n[t]',
    'a',
    'a = [\n"x"]',
    '= "x"',
  ]) {
    it(`is not read where it has ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseSimpleToml(text), /line \d+ is not understood/);
    });
  }
});
