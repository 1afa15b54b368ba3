/** The plugin and the places of the trials in this repository. */
import { connectEngine, type Engine } from '../../src/engine/index.ts';
import { loadProto } from '../../src/index.ts';
import { probeAt, type Place, type Subject } from '../../src/soak/index.ts';
import { loadEngines } from '../engines/engines.ts';
import { loadFixture } from '../plugins/images.ts';
import { sharedKind, type KeyValue } from '../host/cell.ts';

/** Every engine that is up, with these runtimes. */
export function placesUp(runtimes: readonly string[] = ['runc', 'runsc']): Place[] {
  return loadEngines()
    .filter(({ suite }) => suite === 'host')
    .flatMap(({ name, kind, rootless, services, shareDirectory }) =>
      services
        .filter(({ runtime }) => runtimes.includes(runtime))
        .map(({ runtime, socket }) => ({
          name: `${name} ${runtime}`,
          socketPath: socket,
          runtime,
          shareDirectory,
          proxied: !(kind === 'docker' && rootless),
          // Behind the proxy, nobody sees with which arguments a Podman runs gVisor.
          hostOptions:
            kind === 'podman' && runtime === 'runsc' ? { override: 'unknown' as const } : undefined,
          limitsMemory: !rootless && runtime === 'runc',
        })),
    );
}

/** Loads the images into every engine. @throws the reason where the plugin can't be built */
export async function subjectAt(
  places: readonly Place[],
): Promise<{ subject: Subject; probe: { image: string; kind: Subject['kind'] } }> {
  const engines: Engine[] = [];
  let image = '';
  let vaultImage: string | undefined;
  try {
    for (const socketPath of new Set(places.map((place) => place.socketPath))) {
      const engine = await connectEngine({ socketPath });
      engines.push(engine);
      const fixture = await loadFixture(engine, 'go-faulty');
      if (fixture.skipped !== undefined) throw new Error(fixture.skipped);
      image = fixture.tag;
      const vault = await loadFixture(engine, 'go-vault-secrets-kv');
      vaultImage = vault.skipped === undefined ? vault.tag : undefined;
    }
    const { image: probe, kind } = await probeAt(engines, { name: 'faults' });
    return { subject: { ...(await goFaulty(image)), vaultImage }, probe: { image: probe, kind } };
  } finally {
    for (const engine of engines) await engine.close();
  }
}

async function goFaulty(image: string): Promise<Subject> {
  const definition = (await loadProto('test/plugins/proto/kv.proto'))['proto.KV'];
  if (definition === undefined) throw new Error('kv.proto has no proto.KV');
  return {
    name: 'go-faulty',
    image,
    kind: sharedKind,
    misbehaviours: {
      exits: ['exit-3'],
      'ends-at-once': ['exit-0'],
      babbles: ['garbage'],
      'is-silent': ['silent'],
      'speaks-another-protocol': ['core-2'],
    },
    async call(mount, word, options) {
      const kv = mount.client<KeyValue>(definition);
      await kv.put({ key: word, value: Buffer.from(word) }, options);
      return word;
    },
    async fill(mount, bytes, signal) {
      const kv = mount.client<KeyValue>(definition);
      const value = Buffer.alloc(3 * 2 ** 20, 1);
      for (let kept = 0; kept < bytes; kept += value.length)
        await kv.put({ key: `large-${kept}`, value }, { signal });
    },
  };
}
