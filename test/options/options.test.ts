/** Every function of every entry point refuses unknown and wrong options before anything is done. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import * as compatibility from '../../src/compatibility/index.ts';
import * as engineModule from '../../src/engine/index.ts';
import * as goplugin from '../../src/goplugin/index.ts';
import * as main from '../../src/index.ts';
import * as serverModule from '../../src/server/index.ts';
import * as testing from '../../src/testing/index.ts';
import * as vault from '../../src/vault/index.ts';
import { compatibilityRefusals } from './compatibility-table.ts';
import { engineRefusals } from './engine-table.ts';
import { goplugin as gopluginRefusals } from './goplugin-table.ts';
import { hostRefusals } from './host-table.ts';
import { packing } from './packing-table.ts';
import { methodsOf } from './methods-of.ts';
import { testRefusals, type Refusals } from './refusals.ts';
import { serverRefusals } from './server-table.ts';
import { takingNothing } from './taking-nothing.ts';
import { vaultRefusals } from './vault-table.ts';

const { connectEngine } = engineModule;
const { PluginCatalog, PluginHost } = main;
const { startRecordingServer } = testing;

/** By their paths in package.json. */
const entryPoints: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '.': main,
  './engine': engineModule,
  './goplugin': goplugin,
  './compatibility': compatibility,
  './vault': vault,
  './server': serverModule,
  './testing': testing,
};

const server = await startRecordingServer();
const { socketPath } = server;
const engine = await connectEngine({ socketPath });
const host = await PluginHost.open({ socketPath, sweep: false });
after(async () => {
  await host.close();
  await engine.close();
  await server[Symbol.asyncDispose]();
});

const tables: readonly Refusals[] = [
  gopluginRefusals,
  packing,
  compatibilityRefusals(engine),
  engineRefusals(engine),
  hostRefusals(host, socketPath),
  vaultRefusals(host),
  serverRefusals(host),
];
for (const table of tables) testRefusals(table);

test('no engine was asked anything', () => {
  assert.deepEqual(server.requests, []);
});

const covered = new Set(
  tables
    .flatMap(({ takers, wrongCalls = {} }) => [...Object.keys(takers), ...Object.keys(wrongCalls)])
    .map((title) => title.split(/[ ,]/, 1)[0] ?? ''),
);
const isKnown = (name: string): boolean => covered.has(name) || name in takingNothing;

for (const [path, exported] of Object.entries(entryPoints)) {
  test(`every export of ${path} is in a table, or said to take nothing`, () => {
    const missing = Object.entries<unknown>(exported)
      .filter(([, value]) => typeof value === 'function' && !isClass(value))
      .map(([name]) => name)
      .filter((name) => !isKnown(name));
    assert.deepEqual(missing, []);
  });
}

test('every class that is exported is an error, or its methods are in a table', () => {
  const others = Object.values(entryPoints)
    .flatMap((exported) => Object.entries<unknown>(exported))
    .filter(([, value]) => isClass(value) && !(value.prototype instanceof Error))
    .map(([name]) => name);
  assert.deepEqual([...new Set(others)].sort(), ['PluginCatalog', 'PluginHost', 'RuntimeCatalog']);
});

test('every method of a host, of its catalogs and of an engine is in a table, or said to take nothing', () => {
  const methods = [
    ...methodsOf('host', host),
    ...methodsOf('host.plugins', host.plugins),
    ...methodsOf('host.kinds', host.kinds),
    ...methodsOf('host.runtimes', host.runtimes),
    ...methodsOf('PluginCatalog', PluginCatalog.prototype),
    ...methodsOf('engine', engine),
    ...(['containers', 'images', 'system'] as const).flatMap((group) => methodsOf(group, engine[group])),
  ];
  assert.ok(methods.length > 60, methods.join(', '));
  assert.deepEqual(
    methods.filter((name) => !isKnown(name)),
    [],
  );
});

test('the entry points are those of the package', async () => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { exports } = JSON.parse(text) as { exports: object };
  const paths = Object.keys(exports).filter((path) => path !== './package.json');
  assert.deepEqual(paths.sort(), Object.keys(entryPoints).sort());
});

function isClass(value: unknown): value is abstract new () => unknown {
  return typeof value === 'function' && Function.prototype.toString.call(value).startsWith('class');
}
