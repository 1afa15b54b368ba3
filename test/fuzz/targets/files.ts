/** Files and messages that another process may have written. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDocument, writeDocument } from '../../../src/catalog/document.ts';
import { DamagedEntryError } from '../../../src/catalog/errors.ts';
import { pluginDocument, pluginFields, toPluginEntry } from '../../../src/catalog/plugin-entry.ts';
import { runtimeDocument, runtimeFields, toRuntimeEntry } from '../../../src/catalog/runtime-entry.ts';
import type { CatalogStore } from '../../../src/catalog/store/store.ts';
import { requestSchema } from '../../../src/host/control/messages.ts';
import { factsFile, parseFacts } from '../../../src/compatibility/facts-file.ts';
import { parseCachedImage } from '../../../src/compatibility/gather/image.ts';
import { BulkheadError } from '../../../src/errors.ts';
import { EngineUnreachableError } from '../../../src/engine/errors.ts';
import { dockerContext } from '../../../src/engine/discovery/docker-context.ts';
import type { FuzzTarget } from '../target.ts';
import { jsonWords } from './json-words.ts';

const plugin = toPluginEntry({
  type: 'secret',
  name: 'kv',
  version: '1.2.3',
  ociImage: 'localhost/kv:1',
  env: { A: 'b' },
});
const runtime = toRuntimeEntry({ type: 'container', name: 'r', ociRuntime: 'runsc', memoryBytes: 1 << 28 });
const pluginText = writeDocument(pluginDocument.kind, pluginFields(plugin));
const runtimeText = writeDocument(runtimeDocument.kind, runtimeFields(runtime));

/** A store whose every document is this text. */
function storeOf(text: string): CatalogStore {
  const store: Partial<CatalogStore> = { get: () => Promise.resolve(text), place: () => 'here' };
  return store as CatalogStore;
}

/** A folder for the files of Docker's contexts; made when it is needed first, and removed by who ends the worker. */
let contexts: string | undefined;
function contextFolder(): string {
  if (contexts !== undefined) return contexts;
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-fuzz-'));
  mkdirSync(metaFolder(folder, 'fuzz'), { recursive: true });
  contexts = folder;
  return folder;
}

function metaFolder(folder: string, name: string): string {
  return join(folder, 'contexts/meta', createHash('sha256').update(name).digest('hex'));
}

const unseen = { unknown: 'not looked' };
const facts = factsFile({
  host: {
    platform: { value: 'linux', evidence: 'x' },
    kernel: unseen,
    architecture: unseen,
    emulated: unseen,
    uid: unseen,
    gid: unseen,
    unusedGid: unseen,
    setfacl: unseen,
    podmanRuntimes: unseen,
    socketFolder: {
      path: '/tmp',
      writable: unseen,
      fileSystem: unseen,
      acl: unseen,
      mountOptions: unseen,
      closedTo: unseen,
      changeable: unseen,
    },
  },
  engines: [],
});

const cachedImage = {
  format: 2,
  id: 'sha256:aa',
  accounts: { value: { users: [{ name: 'a', uid: 1, gid: 1 }], groups: [] }, evidence: 'layers' },
  program: {
    value: { path: '/p', kind: 'elf', sizeBytes: 1, mode: 493, go: { goVersion: 'go1.24' } },
    evidence: 'layers',
  },
};

export const fileTargets: readonly FuzzTarget[] = [
  {
    name: 'image-cache',
    run(input) {
      const read = parseCachedImage(input.toString('utf8'), cachedImage.id);
      if (read === undefined) return;
      const written = JSON.stringify({ format: 2, id: cachedImage.id, ...read });
      assert.equal(JSON.stringify(parseCachedImage(written, cachedImage.id)), JSON.stringify(read));
    },
    allowed: [],
    seeds: () => [Buffer.from(JSON.stringify(cachedImage))],
    words: [...jsonWords, '"unknown":', '"value":', '"uid":', '"mode":', 'sha256:aa'],
  },
  {
    name: 'catalog-plugin',
    async run(input) {
      const entry = await readDocument(storeOf(input.toString('utf8')), ['x'], pluginDocument);
      if (entry === undefined) return;
      const written = writeDocument(pluginDocument.kind, pluginFields(entry));
      assert.deepEqual(await readDocument(storeOf(written), ['x'], pluginDocument), entry);
    },
    allowed: [DamagedEntryError],
    seeds: () => [Buffer.from(pluginText)],
    words: [...jsonWords, '"bulkhead": 1', '"kind":', '"env":', '"args":', '"version":', '"v9.9.9"'],
  },
  {
    name: 'catalog-runtime',
    async run(input) {
      const entry = await readDocument(storeOf(input.toString('utf8')), ['x'], runtimeDocument);
      if (entry === undefined) return;
      const written = writeDocument(runtimeDocument.kind, runtimeFields(entry));
      assert.deepEqual(await readDocument(storeOf(written), ['x'], runtimeDocument), entry);
    },
    allowed: [DamagedEntryError],
    seeds: () => [Buffer.from(runtimeText)],
    words: [...jsonWords, '"bulkhead": 1', '"kind":', '"memory_bytes":', '"cpu_nanos":'],
  },
  {
    name: 'control-request',
    run(input) {
      requestSchema.safeParse(JSON.parse(input.toString('utf8')));
    },
    allowed: [SyntaxError],
    seeds: () => [
      Buffer.from('{"op":"state"}'),
      Buffer.from('{"op":"call","type":"secret","name":"kv","path":"a/b","json":"{}","timeoutMs":5}'),
      Buffer.from('{"op":"logs","instance":"x","follow":true}'),
    ],
    words: [...jsonWords, '"op":', '"reload"', '"mounts":'],
  },
  {
    name: 'docker-context',
    async run(input) {
      const folder = contextFolder();
      writeFileSync(join(folder, 'config.json'), input);
      writeFileSync(join(metaFolder(folder, 'fuzz'), 'meta.json'), input);
      const found = await dockerContext(folder, { DOCKER_CONTEXT: 'fuzz' });
      assert.ok(found === undefined || found.problem !== undefined || typeof found.url === 'string');
      await dockerContext(folder, {});
    },
    allowed: [EngineUnreachableError],
    seeds: () => [
      Buffer.from('{"Name":"fuzz","Endpoints":{"docker":{"Host":"unix:///run/docker.sock"}}}'),
      Buffer.from('{"currentContext":"fuzz","Endpoints":{"docker":{"Host":"unix:///x"}}}'),
    ],
    words: [...jsonWords, '"currentContext":', '"Endpoints":', '"docker":', '"Host":'],
    longest: 1024,
  },
  {
    name: 'facts-file',
    run(input) {
      parseFacts(input.toString('utf8'));
    },
    allowed: [BulkheadError],
    seeds: () => [Buffer.from(JSON.stringify(facts))],
    words: [...jsonWords, '"value":', '"unknown":', '"evidence":', '"engines":'],
  },
];
