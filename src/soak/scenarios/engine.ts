/** The client of the engine by itself: what it is told, and a container that is made and removed without being started. */
import { removeContainer } from '../../container/index.ts';
import { connectEngine } from '../../engine/index.ts';
import type { World } from '../world.ts';
import { repeatedly } from './calls.ts';

/** Limits of the client: an engine that is silent is given up soon. */
const limits = { connectMs: 5_000, headersMs: 20_000, bodyMs: 20_000 } as const;

export async function engine(world: World): Promise<void> {
  const { ledger, caller, engine: direct, subject, probe, trial } = world;
  const { signal } = caller;
  const image = await direct.images.inspect(subject.image);
  const client = await ledger.track(
    'connect',
    connectEngine({ socketPath: world.socketPath, limits, signal }),
  );
  if (client === undefined) return;
  // An id that the proxy has changed can't be told from the engine's own.
  const isAltered = trial.faults.some(({ name }) => ['engine-wrong-id', 'engine-altered'].includes(name));
  const same = (what: string, wanted: string, found: string | undefined): void => {
    if (found !== undefined && found !== wanted && !isAltered)
      ledger.wrong(`the engine says of ${what} ${wanted}, and the client ${found}`);
  };
  // Once only: a Podman starts a program for each of its packages to answer this.
  const info = await ledger.track('info', client.system.info({ signal }));
  same('its default runtime', direct.info.defaultRuntime, info?.defaultRuntime);
  await repeatedly(world, 1, async () => {
    const inspected = await ledger.track('image', client.images.inspect(subject.image, { signal }));
    same('the image', image.id, inspected?.id);
    await ledger.track('list', client.containers.list({ all: true, limit: 3, signal }));
    const name = `bulkhead-soak-${world.word()}-${process.pid}`;
    // Its image has no volume: an engine that is killed in the midst of a creation leaves one that has no owner.
    const options = { name, image: probe.image, network: 'none', signal };
    const made = await ledger.track('create', client.containers.create(options));
    if (made !== undefined) {
      const found = await ledger.track('inspect', client.containers.inspect(made.id, { signal }));
      same('the container', made.id, found?.id);
      await ledger.track('remove', client.containers.remove(made.id, { force: true, volumes: true, signal }));
    }
    world.moments.call();
    // A client that had no answer leaves what the engine has made, or is removing still; a launch would remove it.
    world.undo.push(async () => {
      const found = await removeContainer(direct, name);
      world.stage.made.set(name, { mayComeLate: found === 'absent' && made === undefined });
    });
  });
  await ledger.track('close', client.close());
}
