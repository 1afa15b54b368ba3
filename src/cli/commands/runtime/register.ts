import type { RuntimeRegistration } from '../../../catalog/index.ts';
import { command } from '../../command.ts';
import { exitCodes } from '../../exit-codes.ts';
import { choice, text, toggle } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { socketFlag } from '../engine-flag.ts';
import { unknownOverrideFlag } from '../override-flag.ts';
import { settingFlags, settingsOf } from '../setting-flags.ts';
import { directoryFlag, directoryOf, openCatalogs } from '../directory.ts';

export const register = command({
  name: 'register',
  summary: 'register a named set of container settings, or change it; what runs continues as it was started',
  details: [
    'What is left out is the default, which is to deny: no network, no capability, a read-only root file system, gVisor.',
  ],
  examples: [
    'plugin runtime register -oci_runtime=runsc -memory_bytes=256M gvisor',
    'plugin runtime register -type=container -oci_runtime=runc -cpu_nanos=500000000 -memory_lock locking',
  ],
  positionals: [{ name: 'NAME' }],
  flags: {
    type: choice(['container'], 'kind of runtime'),
    oci_runtime: text('NAME', 'OCI runtime: runsc, runc, crun (default: runsc)', { alias: 'runtime' }),
    memory_lock: toggle('plugins may lock their memory', { alias: 'mlock' }),
    ...settingFlags,
    override: unknownOverrideFlag,
    engine_socket: socketFlag("engine in place of the host's"),
    directory: directoryFlag,
  },
  async run({ args: [name], flags }, context) {
    const registration: RuntimeRegistration = {
      type: flags.type,
      name,
      ociRuntime: flags.oci_runtime,
      ...(flags.memory_lock && { mlock: true }),
      ...settingsOf(flags),
      override: flags.override,
      engineSocket: flags.engine_socket,
    };
    const { runtimes } = await openCatalogs(directoryOf(flags.directory, context));
    await runtimes.register(registration, { signal: context.signal });
    context.terminal.out(`Success! Registered plugin runtime: ${plainText(name)}`);
    return exitCodes.ok;
  },
});
