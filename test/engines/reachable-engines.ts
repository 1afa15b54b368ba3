/** Run by a test as another user: prints who it is and which services it can talk to. */
import { ask } from './ask.ts';
import { loadEngines } from './engines.ts';

const reachable: string[] = [];
for (const { suite, name, services } of loadEngines()) {
  for (const { runtime, socket } of services) {
    const status = await ask(socket, 'GET', '/_ping').then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) reachable.push(`${suite} ${name} ${runtime}`);
  }
}
process.stdout.write(JSON.stringify({ uid: process.getuid?.(), reachable }));
