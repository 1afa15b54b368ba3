/** Registers, removes and pins, and compares what the catalog says afterwards with what was acknowledged. */
import { storedWord } from './stored.ts';
import { trialType, type World } from '../world.ts';

/** What an entry may be: what was acknowledged last, and what was tried since without an acknowledgement. */
type Possible = readonly (string | undefined)[];

const rounds = 6;

export async function registration(world: World): Promise<void> {
  const { ledger, caller } = world;
  const host = await world.livingHost('plain');
  if (host === undefined) return;
  const known = new Map<string, Possible>();
  await Promise.all(
    Array.from({ length: world.trial.load }, async (_, writer) => {
      const name = `entry-${world.trial.seed}-${writer}`;
      for (let round = 0; round < rounds; round += 1) {
        const before = known.get(name) ?? [undefined];
        const removes = round % 4 === 3;
        const wanted = removes ? undefined : world.word();
        const done = await ledger.track(
          `${removes ? 'deregister' : 'register'} ${name}`,
          removes
            ? host.plugins.deregister(trialType, name).then(() => true)
            : host.plugins
                .register(
                  { type: trialType, name, ociImage: world.subject.image, args: [wanted ?? ''] },
                  { skipProbe: true, signal: caller.signal },
                )
                .then(() => true),
        );
        known.set(name, done === true ? [wanted] : [...before, wanted]);
        world.moments.call();
      }
    }),
  );
  await world.lift(); // the catalog is whole again, and can be read
  for (const [name, possible] of known) {
    const found = await ledger.track(`read ${name}`, storedWord(world.directory, name));
    if (!possible.includes(found)) {
      const wanted = possible.map((each) => each ?? 'nothing').join(' or ');
      ledger.wrong(
        `the catalog has ${found ?? 'nothing'} as ${name}, and ${wanted} was acknowledged or tried`,
      );
    }
  }
}
