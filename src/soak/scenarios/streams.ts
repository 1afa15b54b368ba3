/** Streams of a plugin: reflection, which asks and answers in turn, and a watch that goes on until it is cancelled. */
import type { MethodDefinition } from '../../goplugin/index.ts';
import type { Mount } from '../../host/index.ts';
import type { World } from '../world.ts';
import { callMs, repeatedly } from './calls.ts';
import { livingMount } from './mounts.ts';

const same = (bytes: Buffer): Buffer => bytes;
const watchDefinition = {
  Watch: {
    path: '/grpc.health.v1.Health/Watch',
    requestStream: false,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  } satisfies MethodDefinition<Buffer, Buffer>,
} as const;

/** A HealthCheckResponse that says SERVING. */
const serving = Buffer.from([8, 1]);

export async function streams(world: World): Promise<void> {
  const mount = await livingMount(world, 'plain');
  if (mount === undefined) return;
  const { ledger, caller, moments } = world;
  await repeatedly(world, 3, async () => {
    const options = { timeoutMs: callMs, signal: caller.signal };
    const names = await ledger.track('reflection', mount.reflection.services(options));
    if (names !== undefined && !names.includes('grpc.health.v1.Health'))
      ledger.wrong(`reflection answered ${names.join()}`);
    moments.call();
    await ledger.track('watch', watch(world, mount));
    moments.call();
  });
}

/** Reads the first message, and cancels the rest by leaving the loop. */
async function watch(world: World, mount: Mount): Promise<void> {
  const client = mount.client(watchDefinition);
  const options = { timeoutMs: callMs, signal: world.caller.signal };
  for await (const message of client.watch(Buffer.alloc(0), options)) {
    if (!message.equals(serving)) world.ledger.wrong(`the watch answered ${message.toString('hex')}`);
    return;
  }
}
