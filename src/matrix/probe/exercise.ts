import { randomUUID } from 'node:crypto';
import { BulkheadError } from '../../errors.ts';
import { service, type Plugin } from '../../goplugin/index.ts';
import { echoDefinition, encodeCallBack, probeDefinition } from './services.ts';

/** Calls the probe, which calls back through the broker. @throws BulkheadError when the text does not come back */
export async function exerciseProbe(
  plugin: Plugin,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const words = randomUUID();
  const asked: string[] = [];
  const echo = service(echoDefinition, {
    echo(bytes) {
      asked.push(bytes.toString('utf8'));
      return Buffer.from(`${bytes.toString('utf8')} heard`);
    },
  });
  await using offer = await plugin.broker.serve([echo], { signal });
  const request = encodeCallBack({ brokerId: offer.id, words });
  const reply = await plugin.client(probeDefinition).callBack(request, { signal });
  if (asked.join() !== words || reply.toString('utf8') !== `${words} heard`) {
    throw new BulkheadError('PLUGIN_CALL_FAILED', 'the probe answered something else than it was told');
  }
}
