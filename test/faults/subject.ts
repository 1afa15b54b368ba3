/** The plugin and the places of the trials in this repository. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connectEngine, type Engine, NotFoundError } from '../../src/engine/index.ts';
import { loadProto } from '../../src/index.ts';
import { probeAt, type Place, type Subject } from '../../src/soak/index.ts';
import { loadEngines } from '../engines/engines.ts';
import { systemFiles } from '../../src/packing/index.ts';
import { configuredImage } from '../plugins/configured-image.ts';
import { goFaulty, goOnThePath, noGo } from '../plugins/go-programs.ts';
import { loadFixture } from '../plugins/images.ts';
import { disturbancesOf } from './disposable-engines.ts';
import { sharedKind, type KeyValue } from '../host/cell.ts';

/**
 * Every engine that is up, with these runtimes.
 *
 * @param options.disposable whether these engines belong to the run, which may stop and kill them
 */
export function placesUp(
  runtimes: readonly string[] = ['runc', 'runsc'],
  {
    disposable = false,
    environment,
  }: { disposable?: boolean; environment?: NodeJS.ProcessEnv | undefined } = {},
): Place[] {
  return loadEngines(environment)
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
          disturb: disposable ? disturbancesOf(socket) : undefined,
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
      image = await loadFaulty(engine);
      const vault = await loadFixture(engine, 'go-vault-secrets-kv');
      vaultImage = vault.skipped === undefined ? vault.tag : undefined;
    }
    const { image: probe, kind } = await probeAt(engines, { name: 'faults' });
    return { subject: { ...(await faultySubject(image)), vaultImage }, probe: { image: probe, kind } };
  } finally {
    for (const engine of engines) await engine.close();
  }
}

/** Removes the image of the probe from every engine, by which users of engines would know that a probe was there. */
export async function removeProbe(places: readonly Place[], image: string): Promise<void> {
  for (const socketPath of new Set(places.map((place) => place.socketPath))) {
    await using engine = await connectEngine({ socketPath });
    await engine.images.remove(image).catch((error: unknown) => {
      if (!(error instanceof NotFoundError)) throw error;
    });
  }
}

/**
 * Loads the faulty plugin in an image with a volume. An engine would make one for each container, which it leaves where the
 * container is removed without it.
 *
 * @throws the reason where the plugin can't be built
 */
async function loadFaulty(engine: Engine): Promise<string> {
  if (goOnThePath() === undefined) throw new Error(noGo);
  const program = await readFile(await goFaulty());
  const tag = `localhost/bulkhead-test/faults:${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
  const present = await engine.images.list({ filters: { reference: [tag] } });
  if (present.length > 0) return tag;
  const archive = await configuredImage({
    tag,
    files: [...systemFiles(), { path: '/plugin', content: program, mode: 0o755 }],
    user: '65532:65532',
    workingDirectory: '/tmp',
    config: { Volumes: { '/kept': {} } },
  });
  await engine.images.load(archive);
  return tag;
}

async function faultySubject(image: string): Promise<Subject> {
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
