import { BulkheadError } from '../../../errors.ts';
import type { ControlRequest } from '../../../host/control/messages.ts';
import { command } from '../../command.ts';
import type { RunningHost } from '../../control/ask-hosts.ts';
import { noteRegistered } from '../../describe-error.ts';
import { exitCodes } from '../../exit-codes.ts';
import { text, texts } from '../../flags.ts';
import { plainText } from '../../output/plain-text.ts';
import { unknownOverrideFlag } from '../override-flag.ts';
import { UsageError } from '../../usage-error.ts';
import { directoryFlag, directoryOf } from '../directory.ts';
import { lazyModules } from '../../lazy-modules.ts';

export const reload = command({
  name: 'reload',
  summary: 'replace a running plugin by what is registered now, without a failed call',
  details: [
    "In every host on the directory, of bulkhead run or of a program of one's own. If the new plugin fails, the old one continues to run.",
  ],
  examples: ['plugin reload -plugin=kv', 'plugin reload -type=secret -plugin=kv -version=0.25.0'],
  flags: {
    plugin: text('NAME', 'the plugin'),
    mounts: texts('ID', 'in place of -plugin: only these mounts'),
    type: text('TYPE', 'only plugins of this type'),
    version: text('VERSION', 'move to this version'),
    override: unknownOverrideFlag,
    directory: directoryFlag,
  },
  async run({ flags }, context) {
    const { plugin, type, version, override } = flags;
    if ((plugin === undefined) === (flags.mounts.length === 0)) {
      throw new UsageError('give either -plugin or -mounts');
    }
    const { signal, terminal, did } = context;
    const directory = directoryOf(flags.directory, context);
    const mounts = flags.mounts.length === 0 ? undefined : [...flags.mounts];
    let moved = 0;
    const { findHosts, silentHostsError, silentHostText } = await lazyModules.control();
    const { running, silent } = await findHosts(directory, { signal });
    for (const host of running) {
      const request = { op: 'reload', name: plugin, type, version, mounts, override, done: true } as const;
      const reloaded = await reloadedBy(host, request, signal);
      if (reloaded > 0) did(`the host with process id ${host.state.pid} reloaded it`);
      moved += reloaded;
    }
    const what = plugin === undefined ? `mounts: ${flags.mounts.join(', ')}` : `plugin: ${plugin}`;
    if (moved === 0) {
      const nothing = `nothing was reloaded: no host that runs on ${directory.directory} has ${what}`;
      if (silent.length > 0) throw silentHostsError(silent, nothing);
      throw new BulkheadError('INSTANCE_NOT_FOUND', nothing, { hint: 'bulkhead ps shows what runs.' });
    }
    for (const each of silent) terminal.err(plainText(silentHostText(each)));
    terminal.out(plainText(`Success! Reloaded ${what}`));
    return silent.length === 0 ? exitCodes.ok : exitCodes.environment;
  },
});

/** Asks one host to reload. @returns the number of mounts that moved */
async function reloadedBy(host: RunningHost, request: ControlRequest, signal: AbortSignal): Promise<number> {
  let moved = 0;
  try {
    for await (const answer of host.ask(request, { signal }))
      if ('reloaded' in answer) moved += answer.reloaded;
  } catch (error) {
    signal.throwIfAborted();
    throw noteRegistered(error);
  }
  return moved;
}
