/** The client's own checks of answers, and the requests that it makes, say what the extracts say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { changesSchema } from '../../../src/engine/containers/container-changes.ts';
import { statsSchema } from '../../../src/engine/containers/container-stats.ts';
import { createdContainerSchema } from '../../../src/engine/containers/create/create-container.ts';
import { dockerInspectSchema } from '../../../src/engine/containers/inspect/docker-inspect-schema.ts';
import { listContainersSchema } from '../../../src/engine/containers/list-containers.ts';
import { podmanInspectSchema } from '../../../src/engine/containers/inspect/podman-inspect-schema.ts';
import { pruneContainersSchema } from '../../../src/engine/containers/prune-containers.ts';
import { removedFromPodmanSchema } from '../../../src/engine/containers/remove-container.ts';
import { topSchema } from '../../../src/engine/containers/top-container.ts';
import { updateSchema } from '../../../src/engine/containers/update-container.ts';
import { waitSchema } from '../../../src/engine/containers/wait-container.ts';
import { imageHistorySchema } from '../../../src/engine/images/image-history.ts';
import { inspectImageSchema } from '../../../src/engine/images/inspect-image.ts';
import { listImagesSchema } from '../../../src/engine/images/list-images.ts';
import { prunedOnPodmanSchema, pruneImagesSchema } from '../../../src/engine/images/prune-images.ts';
import { removeImageSchema } from '../../../src/engine/images/remove-image.ts';
import { connectEngine } from '../../../src/engine/index.ts';
import { diskUsageSchema } from '../../../src/engine/system/disk-usage.ts';
import { eventSchema } from '../../../src/engine/system/events.ts';
import { dockerInfoSchema, podmanInfoSchema } from '../../../src/engine/system/info.ts';
import { versionSchema } from '../../../src/engine/system/version.ts';
import { startRecordingServer, type RecordedRequest } from '../../../src/testing/index.ts';
import { everyOption } from '../support/every-option.ts';
import { answerFor, operations } from '../support/operations.ts';
import { dockerExtract, libpodExtract, type ApiDocument, type Endpoint, type Schema } from './documents.ts';

describe('what the client checks in an answer is what the extract says', () => {
  const checks: readonly (readonly [ApiDocument, Readonly<Record<string, z.ZodType>>])[] = [
    [
      dockerExtract,
      {
        Version: versionSchema,
        Info: dockerInfoSchema,
        Event: eventSchema,
        DiskUsage: diskUsageSchema,
        ImageList: listImagesSchema,
        ImageInspect: inspectImageSchema,
        ImageHistory: imageHistorySchema,
        ImageDelete: removeImageSchema,
        ImagePrune: pruneImagesSchema,
        CreatedContainer: createdContainerSchema,
        ContainerList: listContainersSchema,
        ContainerInspect: dockerInspectSchema,
        WaitResponse: waitSchema,
        ContainerUpdateResponse: updateSchema,
        ContainerPrune: pruneContainersSchema,
        Top: topSchema,
        Stats: statsSchema,
        Changes: changesSchema,
      },
    ],
    [
      libpodExtract,
      {
        Info: podmanInfoSchema,
        ImagePrune: prunedOnPodmanSchema,
        CreatedContainer: createdContainerSchema,
        ContainerInspect: podmanInspectSchema,
        Top: topSchema,
        ContainerRemove: removedFromPodmanSchema,
      },
    ],
  ];
  for (const [document, schemas] of checks) {
    const title = document === dockerExtract ? 'docker' : 'libpod';
    for (const [name, schema] of Object.entries(schemas)) {
      test(`${title} ${name}`, () => {
        assert.deepEqual(outline(document.component(name), document), outline(toSchema(schema), document));
      });
    }

    test(`${title}: every schema of an answer has its check`, () => {
      const answered = document.endpoints.flatMap(({ responses }) =>
        Object.entries(responses).flatMap(([status, schema]) =>
          status.startsWith('2') && schema?.$ref ? [schema.$ref] : [],
        ),
      );
      const unread = ['Progress']; // read line by line, by a codec of its own
      const names = [...new Set(answered.map((ref) => ref.slice(ref.lastIndexOf('/') + 1)))];
      assert.deepEqual(names.filter((name) => !unread.includes(name)).sort(), Object.keys(schemas).sort());
    });
  }
});

describe('what the client sends is what the extract says', () => {
  test('no more and no less: calls, parameters, bodies', { timeout: 60_000 }, async () => {
    const sent = new Map<string, { query: Set<string>; bodies: unknown[] }>();
    for (const kind of ['docker', 'podman'] as const) {
      for (const request of await recordEverything(kind)) {
        const { api, endpoint } = findEndpoint(request);
        assert.ok(endpoint, `${request.method} ${request.path} is in no extract`);
        const key = `${api} ${endpoint.request}`;
        const seen = sent.get(key) ?? { query: new Set(), bodies: [] };
        sent.set(key, seen);
        for (const name of Object.keys(request.query)) seen.query.add(name);
        if (request.headers['x-registry-auth'] !== undefined) seen.query.add('X-Registry-Auth');
        if (endpoint.body && request.json !== undefined) seen.bodies.push(request.json);
      }
    }
    for (const [api, document] of [
      ['docker', dockerExtract],
      ['libpod', libpodExtract],
    ] as const) {
      for (const endpoint of document.endpoints) {
        if (endpoint.request.endsWith(' /_ping') || endpoint.operationId === 'system.info') continue; // not recorded
        const seen = sent.get(`${api} ${endpoint.request}`);
        assert.ok(seen, `${api} ${endpoint.request} is never sent`);
        const described = endpoint.parameters
          .filter((parameter) => parameter.in !== 'path')
          .map(({ name }) => name);
        assert.deepEqual(
          [...seen.query].sort(),
          described.sort(),
          `parameters of ${api} ${endpoint.request}`,
        );
        if (endpoint.body && seen.bodies.length > 0)
          compareBody(seen.bodies, endpoint.body, document, endpoint.request);
      }
    }
  });
});

/** Runs every operation, and some with every option that they have. */
async function recordEverything(kind: 'docker' | 'podman'): Promise<readonly RecordedRequest[]> {
  const requests: RecordedRequest[] = [];
  for (const operation of operations) {
    await using server = await startRecordingServer({
      kind,
      answer: (request) => answerFor(operation, request),
    });
    // Some parameters are newer than what is agreed on.
    const environment = { DOCKER_API_VERSION: '1.56' };
    await using engine = await connectEngine({ socketPath: server.socketPath, environment });
    await operation.call(engine);
    requests.push(...server.requests);
  }
  const answer = () => ({ status: 201, body: { Id: '1', Warnings: [] } });
  await using server = await startRecordingServer({
    kind,
    version: kind === 'podman' ? '6.0.0' : '28.5.2',
    answer,
  });
  await using engine = await connectEngine({ socketPath: server.socketPath });
  await engine.containers.create({ ...everyOption, ...(kind === 'docker' && { platform: 'linux/amd64' }) });
  if (kind === 'podman') {
    const [ipcMode, network, usernsMode] = ['container:a', 'container:a', 'keep-id:uid=1,gid=2'];
    await engine.containers.create({ image: 'web', ipcMode, network, usernsMode });
  }
  await engine.containers.update('web', {
    memoryBytes: 1 << 30,
    memorySwapBytes: -1,
    cpuNanos: 1,
    pidsLimit: 1,
    ...(kind === 'docker' && { restartPolicy: { name: 'on-failure', maximumRetryCount: 1 } }),
  });
  const image = { Id: 'a'.repeat(64), Architecture: 'amd64', Os: 'linux', RootFS: { Layers: [] } };
  await using registry = await startRecordingServer({
    kind,
    answer: ({ path }) => ({ body: path.endsWith('/json') ? image : '' }),
  });
  await using other = await connectEngine({ socketPath: registry.socketPath });
  await other.images.pull('web:1', {
    platform: 'linux/amd64',
    credentials: { username: 'me', password: 'hush' },
  });
  await other.images.remove('web:1', kind === 'docker' ? { force: true } : {}).catch(() => undefined);
  const until = new Date();
  await using logs = await startRecordingServer({
    kind,
    answer: ({ path }) =>
      path.endsWith('/json')
        ? {
            body: {
              Id: 'web',
              State: { Status: 'running' },
              Config: {},
              HostConfig: { LogConfig: { Type: 'json-file' } },
            },
          }
        : { body: '' },
  });
  await using third = await connectEngine({ socketPath: logs.socketPath });
  await (await third.containers.logs('web', { until }))[Symbol.asyncDispose]();
  return [...requests, ...server.requests, ...registry.requests, ...logs.requests];
}

function findEndpoint({ method, path }: RecordedRequest): {
  api: 'docker' | 'libpod';
  endpoint: Endpoint | undefined;
} {
  const isLibpod = path.startsWith('/v4.0.0/libpod/');
  const bare = path.replace(/^\/v4\.0\.0\/libpod|^\/v1\.\d+/, '');
  const matches = ({ request }: Endpoint): boolean => {
    const [endpointMethod, template = ''] = request.split(' ');
    const pattern = template.replace(/\{id\}/, '[^/]+').replace(/\{name\}/, '.+');
    return endpointMethod === method && new RegExp(`^${pattern}$`).test(bare);
  };
  // A fixed path is meant before one with a name in it.
  const found = (isLibpod ? libpodExtract : dockerExtract).endpoints
    .filter(matches)
    .sort((a, b) => Number(a.request.includes('{')) - Number(b.request.includes('{')));
  return { api: isLibpod ? 'libpod' : 'docker', endpoint: found[0] };
}

/** All bodies together have exactly the described fields, each of its type. */
function compareBody(bodies: readonly unknown[], schema: Schema, document: ApiDocument, where: string): void {
  const { type, properties, items, additionalProperties } = document.resolve(schema);
  for (const body of bodies) assert.equal(typeOf(body), type, `type of ${where}`);
  if (items) compareBody(bodies.flat(), items, document, `${where}[]`);
  if (properties === undefined) {
    if (typeof additionalProperties === 'object' && additionalProperties.type !== undefined) {
      const values = bodies.flatMap((body) => Object.values(body as object) as unknown[]);
      compareBody(values, additionalProperties, document, `${where}.*`);
    }
    return;
  }
  const names = [...new Set(bodies.flatMap((body) => Object.keys(body as object)))];
  assert.deepEqual(names.sort(), Object.keys(properties).sort(), `fields of ${where}`);
  for (const [name, property] of Object.entries(properties)) {
    const values = bodies.flatMap((body) => {
      const value = (body as Record<string, unknown>)[name];
      return value === undefined ? [] : [value];
    });
    compareBody(values, property, document, `${where}.${name}`);
  }
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** A zod schema as a schema, read as what it accepts. */
function toSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
}

interface JsonSchema extends Omit<Schema, 'type' | 'oneOf'> {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

/** What two schemas have to have in common: types, fields, and which of them may be missing or null. */
function outline(schema: Schema, document: ApiDocument): unknown {
  const { $ref } = schema;
  const json = ($ref === undefined ? schema : document.resolve(schema)) as JsonSchema;
  const choices = flatten(json);
  const real = choices.filter((choice) => !(choice.type === 'null'));
  const nullable =
    json.nullable === true ||
    real.length < choices.length ||
    choices.some(({ type, nullable: may }) => may === true || (Array.isArray(type) && type.includes('null')));
  return { nullable, choices: dedupe(real.map((choice) => outlineOne(choice, document))) };
}

function flatten(schema: JsonSchema): JsonSchema[] {
  const inner = schema.anyOf ?? schema.oneOf;
  if (inner !== undefined) return inner.flatMap(flatten);
  const { type } = schema;
  return typeof type === 'object' ? type.map((one) => ({ ...schema, type: one })) : [schema];
}

function outlineOne(schema: JsonSchema, document: ApiDocument): unknown {
  const read = schema['x-read-as'] ?? [schema.type].flat().find((type) => type !== 'null');
  const literal = schema.const ?? schema.enum?.[0];
  const type = read === 'number' || typeof literal === 'number' ? 'integer' : read;
  const { properties, items, required = [], additionalProperties } = schema;
  const hasValues = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0;
  return {
    type,
    ...(items && { items: outline(items, document) }),
    ...(properties && {
      required: [...required].sort(),
      properties: Object.fromEntries(
        Object.entries(properties)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, property]) => [name, outline(property, document)]),
      ),
    }),
    ...(!properties && hasValues && { values: outline(additionalProperties, document) }),
  };
}

function dedupe(outlines: readonly unknown[]): unknown[] {
  return [...new Set(outlines.map((value) => JSON.stringify(value)))]
    .sort()
    .map((text) => JSON.parse(text) as unknown);
}
