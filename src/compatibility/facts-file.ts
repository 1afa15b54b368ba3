import { z } from 'zod';
import { BulkheadError } from '../errors.ts';
import { checkGiven } from './compatibility-checks.ts';
import type { EngineFacts } from './engine-facts.ts';
import type { HostFacts } from './host-facts.ts';
import type { ImageFacts } from './image-facts.ts';
import type { MatrixFacts } from './matrix/matrix.ts';

/**
 * Format of a file of facts, which is about a host that is not here, or belongs to a report.
 * `JSON.stringify(factsFile(facts))` writes such a file. The number is raised when the meaning of something in the file
 * changes.
 */
const format = 1;

export function factsFile(facts: MatrixFacts): { readonly format: number } & MatrixFacts {
  checkGiven('factsFile', { matrixFacts: facts });
  return { format, ...facts };
}

/**
 * Reads facts that were written to a file.
 *
 * @param text the file's JSON
 * @throws BulkheadError `FACTS_INVALID` naming the place in the file and what is wrong there
 */
export function parseFacts(text: string): MatrixFacts {
  checkGiven('parseFacts', { text });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`not JSON: ${(cause as Error).message}`, cause);
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`, result.error);
  }
  const { host, engines, image } = result.data;
  return { host, engines, image };
}

function invalid(what: string, cause: unknown): BulkheadError {
  return new BulkheadError('FACTS_INVALID', `this is not a file of facts: ${what}`, {
    cause,
    hint: 'Write one with factsFile on the host in question (on the command line: bulkhead doctor -record=FILE).',
  });
}

const unknownFact = z.strictObject({ unknown: z.string() });

function fact<T extends z.ZodType>(value: T) {
  return z.union(
    [z.strictObject({ value, evidence: z.string() }), unknownFact],
    'must be { value, evidence } or { unknown }',
  );
}

const text = z.string();
const flag = fact(z.boolean());
const count = fact(z.int().nonnegative());
const texts = fact(z.array(text));

const host: z.ZodType<HostFacts> = z.strictObject({
  platform: fact(text),
  kernel: fact(text),
  architecture: fact(text),
  emulated: texts,
  uid: count,
  gid: count,
  unusedGid: count,
  setfacl: flag,
  podmanRuntimes: texts,
  container: fact(text).optional(),
  selinux: z
    .strictObject({
      mode: fact(z.enum(['off', 'permissive', 'enforcing'])),
      context: fact(text),
      startedPodman: fact(text).optional(),
      containers: fact(z.strictObject({ process: text, file: text })),
      denied: fact(
        z.array(
          z.strictObject({ need: z.enum(['folder', 'call', 'broker', 'output', 'lock']), denial: text }),
        ),
      ),
    })
    .optional(),
  userNamespaces: z
    .strictObject({
      most: count,
      unprivileged: flag,
      restricted: flag,
      allowedPrograms: texts,
      program: fact(text),
      mappers: fact(text),
      subordinate: fact(z.strictObject({ uids: z.int().nonnegative(), gids: z.int().nonnegative() })),
    })
    .optional(),
  socketFolder: z.strictObject({
    path: text.startsWith('/'),
    bytesBelow: z.int().nonnegative().optional(),
    writable: flag,
    fileSystem: fact(text),
    acl: flag,
    mountOptions: texts,
    closedTo: fact(text),
    // Files that were written before this was looked at are still read. What they do not say is not guessed.
    changeable: fact(text).default({ unknown: 'the file of facts does not say' }),
    context: fact(text).optional(),
    canRelabel: flag.optional(),
  }),
});

const idRanges = z.array(
  z.strictObject({
    containerId: z.int().nonnegative(),
    hostId: z.int().nonnegative(),
    size: z.int().positive(),
  }),
);
const bytes = z.union([z.int().nonnegative(), z.literal('unlimited')]);

const engine: z.ZodType<EngineFacts> = z.strictObject({
  kind: z.enum(['docker', 'podman']),
  version: text,
  apiVersion: text,
  socketPath: text,
  rootless: z.boolean(),
  sameKernel: flag,
  owner: fact(z.strictObject({ uid: z.int(), gid: z.int() })),
  idMaps: fact(z.strictObject({ uids: idRanges, gids: idRanges })),
  remapped: flag,
  runtimes: z.record(
    text,
    z.strictObject({
      kind: z.enum(['runc', 'crun', 'runsc', 'other']),
      path: fact(text),
      installed: flag,
      args: texts,
      version: fact(text),
      ownProfile: fact(text).optional(),
      systemdDenial: fact(text).optional(),
    }),
  ),
  defaultRuntime: text,
  cgroup: z.strictObject({
    version: z.enum(['1', '2']),
    driver: text,
    layout: fact(z.enum(['v1', 'v2', 'hybrid'])),
  }),
  enforces: z.strictObject({ memory: flag, cpu: flag, pids: flag, swap: flag.optional() }),
  cpus: count,
  security: texts,
  context: fact(text).optional(),
  containerProfile: fact(text).optional(),
  memlock: fact(z.strictObject({ soft: bytes, hard: bytes, mayRaise: z.boolean() })),
  seesSocketFolder: flag,
  network: z
    .strictObject({
      networks: fact(
        z.array(
          z.strictObject({
            name: text,
            id: text,
            driver: text,
            internal: z.boolean(),
            isDefault: z.boolean(),
          }),
        ),
      ),
      sharesNamespace: flag,
      programs: texts,
      backend: fact(text),
    })
    .optional(),
});

export const accountsFact = fact(
  z.strictObject({
    users: z.array(z.strictObject({ name: text, uid: z.int(), gid: z.int() })),
    groups: z.array(z.strictObject({ name: text, gid: z.int() })),
  }),
);

const goFacts = z.strictObject({
  goVersion: text,
  goPlugin: text.optional(),
  listsModules: z.boolean().optional(),
  goPluginLike: text.optional(),
});

const programParts = {
  path: text,
  machine: text.optional(),
  interpreter: z.strictObject({ path: text, present: z.boolean() }).optional(),
  missingLibraries: z.array(text).optional(),
  fileCapabilities: z.strictObject({ permitted: z.array(text), effective: z.boolean() }).optional(),
  go: goFacts.optional(),
};

export const programFact = fact(
  z.strictObject({
    ...programParts,
    kind: z.enum(['elf', 'script', 'other', 'missing']),
    sizeBytes: z.int().nonnegative(),
    mode: z.int().nonnegative(),
    starts: z
      .array(
        z.strictObject({
          ...programParts,
          kind: z.enum(['elf', 'script', 'other']),
          namedBy: z.enum(['entrypoint', 'command']),
        }),
      )
      .optional(),
  }),
);

export const placesFact = fact(
  z.array(
    z.strictObject({
      path: text,
      leadsTo: text.optional(),
      kind: z.enum(['missing', 'folder', 'file', 'circle']),
      files: z.int().nonnegative(),
      folders: z.int().nonnegative(),
      example: text.optional(),
    }),
  ),
);

export const annotationsFact = texts;

const image: z.ZodType<ImageFacts> = z.strictObject({
  reference: text,
  id: text,
  os: text,
  architecture: text,
  entrypoint: z.array(text),
  cmd: z.array(text),
  user: text,
  addressSpaceBytes: z.int().nonnegative().optional(),
  accounts: accountsFact,
  program: programFact,
  settings: z
    .strictObject({
      volumes: z.array(text),
      workingDirectory: text,
      stopSignal: text,
      exposedPorts: z.array(text),
      variables: z.array(text),
      valueless: z.array(text),
    })
    .optional(),
  places: placesFact.optional(),
  annotations: annotationsFact.optional(),
});

const schema = z.strictObject({
  format: z.literal(format, `must be ${format}`),
  host,
  engines: z.array(engine).min(1, 'names no engine'),
  image: image.optional(),
});
