import type { PluginLogLine } from '../../host/index.ts';
import { BulkheadError } from '../../errors.ts';
import { command } from '../command.ts';
import type { RunningHost } from '../control/ask-hosts.ts';
import type { AsJson } from '../../host/control/messages.ts';
import { exitCodes } from '../exit-codes.ts';
import { toggle } from '../flags.ts';
import { plainJson, plainText } from '../output/plain-text.ts';
import { UsageError } from '../usage-error.ts';
import { directoryFlag, directoryOf, type CatalogDirectory } from './directory.ts';
import { lazyModules } from '../lazy-modules.ts';

export const logs = command({
  name: 'logs',
  summary: 'what a plugin that a host on the directory keeps running has written',
  details: [
    'PLUGIN is a name, as kv or secret/kv, or the begin of an instance from ps. The last thousand lines are kept. Following goes on over restarts, until Ctrl-C or the end of the host.',
  ],
  examples: ['logs kv', 'logs -f secret/kv'],
  positionals: [{ name: 'PLUGIN' }],
  flags: {
    follow: toggle('go on with what it writes from now on', { short: 'f' }),
    json: toggle('each line as JSON, with time, level, stream and generation'),
    directory: directoryFlag,
  },
  async run({ args: [given], flags }, context) {
    const { terminal, signal } = context;
    const directory = directoryOf(flags.directory, context);
    const { findHosts, silentHostsError } = await lazyModules.control();
    const { running, silent } = await findHosts(directory, { signal });
    const found = findInstance(running, given);
    if (found === undefined) {
      const error = notFound(running, given, directory);
      throw silent.length === 0 ? error : silentHostsError(silent, error.message);
    }
    const { host, instance } = found;
    const { follow } = flags;
    // Following ends with the host; the kept lines are to be complete.
    const request = { op: 'logs', instance, follow, ...(follow ? {} : { done: true }) } as const;
    for await (const answer of host.ask(request, { signal })) {
      if ('leftOut' in answer)
        terminal.err(`${answer.leftOut} lines are left out: they came faster than they were read.`);
      if ('line' in answer) terminal.out(flags.json ? plainJson(answer.line) : lineText(answer.line));
    }
    return exitCodes.ok;
  },
});

function lineText({ at, level, text }: AsJson<PluginLogLine>): string {
  return `${at} [${level}] ${plainText(text).replaceAll('\n', ' ')}`;
}

/** @throws UsageError when several instances have the name */
function findInstance(
  hosts: readonly RunningHost[],
  given: string,
): { host: RunningHost; instance: string } | undefined {
  const found = hosts
    .flatMap((host) => host.state.instances.map((instance) => ({ host, instance })))
    .filter(
      ({ instance: { id, type, name } }) =>
        name === given || `${type}/${name}` === given || (given.length >= 4 && id.startsWith(given)),
    );
  const [first] = found;
  if (found.length > 1) {
    const names = found.map(({ instance: { id, type, name } }) => `${id.slice(0, 8)} (${type}/${name})`);
    throw new UsageError(`${given} is several instances: give one of ${names.join(', ')}`);
  }
  return first && { host: first.host, instance: first.instance.id };
}

function notFound(hosts: readonly RunningHost[], given: string, directory: CatalogDirectory): BulkheadError {
  const known = hosts.flatMap(({ state }) => state.instances.map(({ type, name }) => `${type}/${name}`));
  return new BulkheadError(
    'INSTANCE_NOT_FOUND',
    `no host that runs on ${directory.directory} has a plugin or instance ${JSON.stringify(given)}`,
    { hint: known.length === 0 ? 'Start one with bulkhead run.' : `There are ${known.join(', ')}.` },
  );
}
