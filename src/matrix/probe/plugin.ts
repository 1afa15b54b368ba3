/** The plugin that a matrix brings along: it is called, logs, prints, calls back through the broker, and ends when it is asked to. */
import { type Broker, createLogger, serve, service } from '../../goplugin/index.ts';
import { decodeCallBack, echoDefinition, probeDefinition, probeHandshake } from './services.ts';

const probeService = (broker: Broker) =>
  service(probeDefinition, {
    say(request) {
      const words = request.toString('utf8');
      createLogger().info(words);
      process.stdout.write(`${words}\n`);
      return request;
    },
    echo: (words) => words,
    async callBack(request, { signal }) {
      const { brokerId, words } = decodeCallBack(request);
      await using host = await broker.dial(brokerId, { signal });
      return await host.client(echoDefinition).echo(Buffer.from(words), { signal });
    },
  });

await serve({
  handshake: probeHandshake,
  services: ({ broker }) => [probeService(broker)],
});
