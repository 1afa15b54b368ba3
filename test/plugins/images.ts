/** Images of the fixture plugins, for tests and the demo. */
import { loadImage, packBinaryPlugin, packNodePlugin, type PackedImage } from '../../src/packing/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { checkout } from './cache.ts';
import {
  goExample,
  goFaulty,
  goOnThePath,
  goOpenbaoFixture,
  goProber,
  goVaultDatabase,
  goVaultFixture,
  noGo,
  terraformProvider,
  vaultKv,
  vaultPlugin,
  type GoPluginVersion,
  type VaultPluginName,
} from './go-programs.ts';
import { compiledMain, compiledPlugins, packedNode, pluginPackages } from './node-programs.ts';

/** All fixture plugins, HashiCorp's examples among them, have this handshake and application protocol version 1. */
export const fixtureHandshake = { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' } as const;

const recipes = {
  /** The key/value plugin in TypeScript. */
  'node-kv': () => nodeImage('node-kv', 'kv'),
  /** The same with the handshake of Vault's secrets engines, for catalogs. */
  'node-vault-kv': () => nodeImage('node-vault-kv', 'vaultKv'),
  /** The same, misbehaving as its first argument says; see faulty.ts. */
  'node-faulty': () => nodeImage('node-faulty', 'faulty'),
  /** A plugin that attacks whoever reads what it writes; see output-attacker.ts. */
  'node-output-attacker': () => nodeImage('node-output-attacker', 'outputAttacker'),
  /** A secrets engine that breaks the rules of Vault's protocol; see vault-misbehaving.ts. */
  'node-vault-misbehaving': () => nodeImage('node-vault-misbehaving', 'vaultMisbehaving'),
  /** The plugin of `node-faulty` in Go; see go/main.go. */
  'go-faulty': async () => binaryImage('go-faulty', await goFaulty()),
  /** The same with the file capability IPC_LOCK. Its container has to be given IPC_LOCK, or it can't be started. */
  'go-locking': async () => binaryImage('go-locking', await goFaulty(), ['IPC_LOCK']),
  /** A plugin that calls back through the broker, and locks its memory when its argument is `mlock`; see go-prober/main.go. */
  'go-prober': async () => binaryImage('go-prober', await goProber()),
  /** The same with the file capability IPC_LOCK. */
  'go-prober-locking': async () => binaryImage('go-prober-locking', await goProber(), ['IPC_LOCK']),
  /** The same, built with go-plugin 1.4: too old for containers. */
  'go-prober-old': async () => binaryImage('go-prober-old', await goProber('old')),
  /** HashiCorp's example with the key/value service. It writes into its working directory, `/tmp`. */
  'go-example-kv': async () => binaryImage('go-example-kv', await goExample('kv')),
  /** Vault's own key/value secrets engine. */
  'go-vault-kv': async () => binaryImage('go-vault-kv', await vaultKv()),
  /** The version of it that is mounted in test/vault. */
  'go-vault-secrets-kv': () => publishedImage('vault-plugin-secrets-kv'),
  'go-vault-auth-jwt': () => publishedImage('vault-plugin-auth-jwt'),
  /** Further ones, which are tried in test/vault/published.test.ts. */
  'go-vault-secrets-openldap': () => publishedImage('vault-plugin-secrets-openldap'),
  'go-vault-secrets-terraform': () => publishedImage('vault-plugin-secrets-terraform'),
  'go-vault-auth-kubernetes': () => publishedImage('vault-plugin-auth-kubernetes'),
  /** A secrets engine, or with the argument `auth` an auth method, for tests; see go-vault/main.go. */
  'go-vault-fixture': async () => binaryImage('go-vault-fixture', await goVaultFixture()),
  /** A provider of Terraform, as published. */
  'go-terraform-provider': async () => binaryImage('go-terraform-provider', await terraformProvider()),
  /** Vault's own database plugin for Redis, which serves one connection only. */
  'go-vault-database-redis': async () =>
    binaryImage('go-vault-database-redis', await vaultPlugin('vault-plugin-database-redis')),
  /** A database plugin for tests, or the one for Redis for several connections; see go-vault-database/main.go. */
  'go-vault-database': async () => binaryImage('go-vault-database', await goVaultDatabase()),
  /** A secrets engine on OpenBao's SDK, for tests; see go-openbao/main.go. */
  'go-openbao-fixture': async () => binaryImage('go-openbao-fixture', await goOpenbaoFixture()),
  /** HashiCorp's example that calls back through the broker. It writes into its working directory, `/tmp`. */
  'go-example-counter': async () => binaryImage('go-example-counter', await goExample('counter')),
  /** The same, built with older versions of go-plugin. */
  'go-counter-v1.5.2': () => oldCounter('v1.5.2'),
  'go-counter-v1.6.3': () => oldCounter('v1.6.3'),
  'go-counter-v1.7.0': () => oldCounter('v1.7.0'),
} as const satisfies Record<string, () => Promise<PackedImage>>;

export type FixtureName = keyof typeof recipes;

/**
 * A key/value plugin that misbehaves as its first argument says, for tests that need no certain one. In Go it starts faster
 * than in TypeScript, under gVisor by most of a second, and its image is a tenth of the size.
 */
export const anyKeyValue: FixtureName = goOnThePath() === undefined ? 'node-faulty' : 'go-faulty';

export type FixtureImage =
  { readonly tag: string; readonly id: string; readonly skipped?: undefined } | { readonly skipped: string };

const packed = new Map<FixtureName, Promise<PackedImage>>();

/**
 * Gives the engine the named fixture images, unless it has them. An image that can't be built here says why in `skipped`,
 * which a test passes on to `t.skip`.
 */
export async function loadFixtures<Name extends FixtureName>(
  engine: Engine,
  names: readonly Name[],
  options: { signal?: AbortSignal | undefined } = {},
): Promise<Record<Name, FixtureImage>> {
  const images: [Name, FixtureImage][] = [];
  for (const name of names) images.push([name, await loadFixture(engine, name, options)]);
  return Object.fromEntries(images) as Record<Name, FixtureImage>;
}

/** One fixture image. See {@link loadFixtures}. */
export async function loadFixture(
  engine: Engine,
  name: FixtureName,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<FixtureImage> {
  if (name.startsWith('go-') && goOnThePath() === undefined) return { skipped: noGo };
  const image = await packFixture(name);
  const { id } = await loadImage(engine, image, options);
  return { tag: image.tag, id };
}

/** Builds and measures a fixture image, once in this process. */
export function packFixture(name: FixtureName): Promise<PackedImage> {
  let image = packed.get(name);
  if (image === undefined) packed.set(name, (image = recipes[name]()));
  return image;
}

async function nodeImage(name: string, program: keyof typeof compiledMain): Promise<PackedImage> {
  return packNodePlugin({
    tag: tagOf(name),
    nodeBinary: packedNode(),
    directory: await compiledPlugins(),
    main: compiledMain[program],
    packages: pluginPackages,
    packagesFrom: checkout,
  });
}

async function publishedImage(name: VaultPluginName): Promise<PackedImage> {
  return binaryImage(name.replace('vault-plugin', 'go-vault'), await vaultPlugin(name));
}

async function oldCounter(version: GoPluginVersion): Promise<PackedImage> {
  return binaryImage(`go-counter-${version}`, await goExample('counter', version));
}

function binaryImage(
  name: string,
  binary: string,
  fileCapabilities: readonly string[] = [],
): Promise<PackedImage> {
  return packBinaryPlugin({ tag: tagOf(name), binary, workingDirectory: '/tmp', fileCapabilities });
}

function tagOf(name: string): string {
  return `localhost/bulkhead-test/${name}:1`;
}
