/** Hints about a registered plugin name what is to be changed for it: the flags of a launch are refused there. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { launchFlags } from '../../src/cli/commands/launch-flags.ts';
import { register as registerKind } from '../../src/cli/commands/kind/register.ts';
import { register as registerPlugin } from '../../src/cli/commands/plugin/register.ts';
import { reload } from '../../src/cli/commands/plugin/reload.ts';
import { register as registerRuntime } from '../../src/cli/commands/runtime/register.ts';
import { homes, takenForRegistered, withRegisteredFlags } from '../../src/cli/registered-flags.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { ensureTestImage, noBusybox, testImage } from '../engine/support/busybox-image.ts';
import { loadEngines, noEngines } from '../engines/engines.ts';
import { runInProcess } from './in-process.ts';

const both =
  /its registration \(bulkhead plugin register\) or its plugin runtime \(bulkhead plugin runtime register\)/;

describe('every flag of a launch', () => {
  it('is one for registered plugins too, or one of what is registered', () => {
    const registering = {
      'plugin register': registerPlugin.flags,
      'plugin runtime register': registerRuntime.flags,
      'plugin kind register': registerKind.flags,
    };
    for (const name of Object.keys(launchFlags)) {
      if (takenForRegistered.some((taken) => taken === name) || name === 'type') continue;
      const home = homes[name];
      assert.ok(home, `-${name} has no place for a registered plugin`);
      const commands = Object.entries(registering).filter(([command]) =>
        home.from.includes(`(bulkhead ${command})`),
      );
      assert.ok(commands.length > 0, name);
      for (const [command, flags] of commands)
        assert.ok(Object.hasOwn(flags, home.flag ?? name), `${command} has no -${home.flag ?? name}`);
    }
  });
});

describe('a hint about a registered plugin', () => {
  const shown: readonly (readonly [string, string | RegExp])[] = [
    ['Raise `memoryBytes`.', both],
    [
      "Allow it with `tmpfs: [{ path: '/data' }]`.",
      /^Allow it with -tmpfs=\/data\. A registered plugin has -tmpfs from its registration/,
    ],
    [
      "Launch with `runtime: 'runc'`.",
      /^Launch with -oci_runtime=runc\. A registered plugin has -oci_runtime from its plugin runtime/,
    ],
    [
      'Leave out `mlock`.',
      /^Leave out -memory_lock\. A registered plugin has -memory_lock from its registration/,
    ],
    [
      'Set `autoMtls: false`.',
      /^Set -no_mtls\. A registered plugin has -no_mtls from its registration \(bulkhead plugin register\)\.$/,
    ],
    ["Pass `override: 'unknown'`.", 'Pass -override=unknown.'],
    ['Choose `socketDirectory`.', 'Choose -socket_directory.'],
    ['Nothing to do.', 'Nothing to do.'],
    [
      'Change `capAdd`, `user` or `runtime`.',
      /has -cap_add and -user from .*, and -oci_runtime from its plugin runtime/,
    ],
  ];
  for (const [text, expected] of shown) {
    it(`with ${text}`, () => {
      const got = withRegisteredFlags(text, launchFlags);
      if (typeof expected === 'string') assert.equal(got, expected);
      else assert.match(got, expected);
    });
  }

  it('names the flags of the command itself where that registers', () => {
    const flags = registerPlugin.flags;
    assert.equal(
      withRegisteredFlags('Raise `memoryBytes`, leave out `mlock`.', flags),
      'Raise -memory_bytes, leave out -memory_lock.',
    );
    assert.match(
      withRegisteredFlags('Use `runtime`.', flags),
      /^Use -oci_runtime\. A registered plugin has -oci_runtime from its plugin runtime/,
    );
    assert.match(withRegisteredFlags('Raise `memoryBytes`.', reload.flags), both);
  });
});

const testEngine =
  loadEngines().find(({ kind, rootless }) => kind === 'docker' && !rootless) ?? loadEngines()[0];
const socket = testEngine?.services.find(({ runtime }) => runtime === 'runsc')?.socket;

describe(
  'check of a registered plugin',
  { timeout: 60_000, skip: noBusybox ?? (socket === undefined && noEngines) },
  () => {
    it('says where what it advises is to be changed, and takes none of it itself', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'hints-'));
      try {
        await using engine = await connectEngine({ socketPath: socket });
        await ensureTestImage(engine);
        const environment = { BULKHEAD_DIRECTORY: directory };
        const settings = ['-pids_limit=10', '-memory_lock', '-skip_probe', `-oci_image=${testImage}`];
        const registered = await runInProcess(
          ['plugin', 'register', ...settings, 'secret', 'kv'],
          environment,
        );
        assert.equal(registered.status, 0, registered.stderr);
        const where = [`-engine=${socket ?? ''}`, `-socket_directory=${testEngine?.shareDirectory ?? ''}`];
        const { status, stdout, stderr } = await runInProcess(['check', 'kv', ...where], environment);
        assert.equal(status, 1, stderr);
        assert.match(stdout, /, mlock on$/m);
        assert.match(
          stdout,
          /to do: +Leave out -pids_limit under runsc\. A registered plugin has -pids_limit from its registration/,
        );
        const refused = await runInProcess(['check', 'kv', '-pids_limit=20', ...where], environment);
        assert.equal(refused.status, 2);
        assert.match(refused.stderr, both);
        const absent = await runInProcess(
          ['plugin', 'register', '-skip_probe', '-oci_image=localhost/no-such', 'secret', 'absent'],
          environment,
        );
        assert.equal(absent.status, 0, absent.stderr);
        const notThere = await runInProcess(['check', 'absent', ...where], environment);
        assert.equal(notThere.status, 1);
        assert.match(notThere.stderr, /IMAGE_NOT_PRESENT/);
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  },
);
