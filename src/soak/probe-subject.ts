/** The probe of the live matrix as the plugin of trials: it comes along, and needs no image of the user's. */
import type { Engine } from '../engine/index.ts';
import { packProbe, probeDefinition, probeHandshake } from '../matrix/internal.ts';
import { labelsFor, probeRepository, type Labels } from '../container/index.ts';
import { loadImage } from '../packing/index.ts';
import type { PluginKind } from '../kinds/index.ts';
import type { Subject } from './subject.ts';

const kind: PluginKind = { handshake: probeHandshake, protocolVersions: [1], sharing: 'always' };

export interface LoadedProbe {
  readonly image: string;
  readonly kind: PluginKind;
  readonly subject: Subject;
}

/**
 * Packs the probe and loads it into the engines.
 *
 * @param name end of the name of its image, so that two runs do not remove each other's
 * @throws the errors of `packNodePlugin` and `engine.images.load`
 */
export async function probeAt(
  engines: readonly Engine[],
  {
    name,
    labels,
    signal,
  }: {
    readonly name: string;
    /** Labels of the image, by which a sweep finds it. */
    readonly labels?: Labels | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<LoadedProbe> {
  const repository = `${probeRepository}${name}`;
  const image = `${repository}:plain`;
  const packed = await packProbe({
    tag: image,
    locking: false,
    labels: labelsFor(labels, repository),
    signal,
  });
  for (const engine of engines) await loadImage(engine, packed, { signal });
  const subject: Subject = {
    name: 'probe',
    image,
    kind,
    misbehaviours: {},
    async call(mount, word, options) {
      const answer = await mount.client(probeDefinition).echo(Buffer.from(word), options);
      return answer.toString('utf8');
    },
  };
  return { image, kind, subject };
}
