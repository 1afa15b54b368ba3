/** The plugin and the places of the trials in this repository. */
import { loadImage } from '../../src/packing/index.ts';
import { connectEngine } from '../../src/engine/index.ts';
import { loadProto } from '../../src/index.ts';
import { packProbe, probeHandshake } from '../../src/matrix/internal.ts';
import type { Place, Subject } from '../../src/soak/index.ts';
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
        })),
    );
}

const probeTag = 'localhost/bulkhead-faults-probe:1';

/** Loads the images into every engine. @throws the reason where the plugin can't be built */
export async function subjectAt(
  places: readonly Place[],
): Promise<{ subject: Subject; probe: { image: string; kind: Subject['kind'] } }> {
  const probeImage = await packProbe({ tag: probeTag, locking: false });
  let image = '';
  for (const socketPath of new Set(places.map((place) => place.socketPath))) {
    await using engine = await connectEngine({ socketPath });
    const fixture = await loadFixture(engine, 'go-faulty');
    if (fixture.skipped !== undefined) throw new Error(fixture.skipped);
    image = fixture.tag;
    await loadImage(engine, probeImage);
  }
  const definition = (await loadProto('test/plugins/proto/kv.proto'))['proto.KV'];
  if (definition === undefined) throw new Error('kv.proto has no proto.KV');
  return {
    subject: {
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
    },
    probe: {
      image: probeTag,
      kind: { handshake: probeHandshake, protocolVersions: [1], sharing: 'always' },
    },
  };
}
