import { randomUUID } from 'node:crypto';
import type { AbortOption } from '../../abort.ts';
import { BulkheadError } from '../../errors.ts';
import { service, type Plugin } from '../../goplugin/index.ts';
import type { ExerciseContext } from '../channels.ts';
import { echoDefinition, encodeCallBack, probeDefinition } from './services.ts';

/**
 * Calls the probe, which logs and prints what it is told, and calls back through the broker.
 *
 * @throws BulkheadError when something does not come back
 */
export async function exerciseProbe(
  plugin: Plugin,
  { use, logged, printed }: ExerciseContext,
): Promise<void> {
  const client = plugin.client(probeDefinition);
  const said = randomUUID();
  await use('call', async (options) => {
    const reply = await client.say(Buffer.from(said), options);
    if (reply.toString('utf8') !== said) throw wrongAnswer();
  });
  await logged(said);
  await printed(said);

  await use('callback', (options) => callBackProbe(plugin, options));
}

/** Has the probe call back through the broker. @throws BulkheadError when something else comes back */
export async function callBackProbe(plugin: Plugin, options: AbortOption): Promise<void> {
  const client = plugin.client(probeDefinition);
  const words = randomUUID();
  const asked: string[] = [];
  const echo = service(echoDefinition, {
    echo(bytes) {
      asked.push(bytes.toString('utf8'));
      return Buffer.from(`${bytes.toString('utf8')} heard`);
    },
  });
  await using offer = await plugin.broker.serve([echo], options);
  const reply = await client.callBack(encodeCallBack({ brokerId: offer.id, words }), options);
  if (asked.join() !== words || reply.toString('utf8') !== `${words} heard`) throw wrongAnswer();
}

function wrongAnswer(): BulkheadError {
  return new BulkheadError('PLUGIN_CALL_FAILED', 'the probe answered something else than it was told');
}
