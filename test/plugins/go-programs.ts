/** Plugins in Go, built from the module proxy with what `go` is on the PATH. */
import { spawnSync } from 'node:child_process';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtOnce, sourcesOf } from './cache.ts';
import { runTool } from './run-tool.ts';

export const noGo = 'go is not on the PATH';

/** Makes programs a quarter smaller, for all that packs, loads and reads them, and their linking twice as fast. */
const withoutDebugData = '-ldflags=-w';

/** The go-plugin that programs are built with unless a test asks for another: the newest. */
const newest = 'v1.8.0';

/** One of each generation that differs on the wire, and the newest. */
export const goPluginVersions = ['v1.4.10', 'v1.5.2', 'v1.6.3', 'v1.7.0', newest] as const;
export type GoPluginVersion = (typeof goPluginVersions)[number];

/** HashiCorp's own examples, as published: the package of the plugin below `examples`. */
const examples = {
  kv: 'grpc/plugin-go-grpc',
  counter: 'bidirectional/plugin-go-grpc',
  negotiated: 'negotiated/plugin-go',
  /** Published with v1.8.0 only. */
  streaming: 'streaming/plugin',
} as const;

export type GoExample = keyof typeof examples;

let go: string | undefined;

/** What `go version` says; `undefined` where there is no Go. */
export function goOnThePath(): string | undefined {
  if (go === undefined) {
    const { error, stdout } = spawnSync('go', ['version'], { encoding: 'utf8' });
    go = error === undefined ? stdout : '';
  }
  return go === '' ? undefined : go;
}

/** Whether there is Go. Skips the test where there is none. */
export function needsGo(t: TestContext): boolean {
  if (goOnThePath() !== undefined) return true;
  t.skip(noGo);
  return false;
}

/** Builds an example plugin, unmodified. @returns the path of the static program */
export async function goExample(name: GoExample, version: GoPluginVersion = newest): Promise<string> {
  return published(name, `github.com/hashicorp/go-plugin/examples/${examples[name]}@${version}`);
}

async function published(name: string, path: string): Promise<string> {
  const folder = await builtOnce(`go-${name}`, `${path} ${goOnThePath() ?? ''}`, async (bin) => {
    await runTool('go', ['install', path], {
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: withoutDebugData, GOBIN: bin },
    });
    const [built = ''] = await readdir(bin);
    await rename(join(bin, built), join(bin, name));
  });
  return join(folder, name);
}

/** Builds the key/value secrets engine of Vault, as published. @returns the path of the static program */
export function vaultKv(): Promise<string> {
  const name = 'vault-plugin-secrets-kv';
  return published(name, `github.com/hashicorp/${name}/cmd/${name}@v0.24.0`);
}

/** Builds a small provider of Terraform, as published. @returns the path of the static program */
export function terraformProvider(): Promise<string> {
  const name = 'terraform-provider-time';
  return published(name, `github.com/hashicorp/${name}@v0.14.2`);
}

/** Plugins of Vault that are built as they are published. */
const vaultPlugins = {
  'vault-plugin-secrets-kv': 'v0.25.0',
  'vault-plugin-auth-jwt': 'v0.26.1',
  'vault-plugin-database-redis': 'v0.7.0',
  'vault-plugin-auth-kubernetes': 'v0.23.1',
  'vault-plugin-secrets-openldap': 'v0.17.0',
  'vault-plugin-secrets-terraform': 'v0.13.0',
} as const;

export type VaultPluginName = keyof typeof vaultPlugins;

/** Builds a plugin of Vault's, as published. @returns the path of the static program */
export function vaultPlugin(name: VaultPluginName): Promise<string> {
  return published(name, `github.com/hashicorp/${name}/cmd/${name}@${vaultPlugins[name]}`);
}

/** Builds `go-vault/`: a secrets engine and auth method on Vault's SDK. @returns the path of the static program */
export function goVaultFixture(): Promise<string> {
  return goProgram('go-vault', 'vault-fixture');
}

/** Builds `go-vault-database/`: a database plugin on Vault's SDK. @returns the path of the static program */
export function goVaultDatabase(): Promise<string> {
  return goProgram('go-vault-database', 'vault-database');
}

/** Builds `go-openbao/`: a secrets engine on OpenBao's SDK. @returns the path of the static program */
export function goOpenbaoFixture(): Promise<string> {
  return goProgram('go-openbao', 'openbao-fixture');
}

/** Builds `go/`: a key/value plugin that misbehaves when asked to. @returns the path of the static program */
export function goFaulty(): Promise<string> {
  return goProgram('go', 'faulty');
}

/**
 * Builds `go-prober/`: a plugin that can lock its memory, and calls back through the broker; with go-plugin 1.8, or with
 * 1.4, which knows no shared directory. @returns the path of the static program
 */
export function goProber(goPlugin: 'current' | 'old' = 'current'): Promise<string> {
  return goPlugin === 'current'
    ? goProgram('go-prober', 'prober')
    : goProgram('go-prober', 'prober-old', ['-modfile=old.mod']);
}

/** Builds `go-tls/`: a plugin that needs CA certificates and time zone data. @returns the path of the static program */
export function goTls(): Promise<string> {
  return goProgram('go-tls', 'tls');
}

/** Builds the plugin that attacks its host; see ../security/attacks.ts. @returns the path of the static program */
export function goAttacker(): Promise<string> {
  return goProgram('../security/attacker-go', 'attacker');
}

/** Builds the program that poses as an engine; see ../security/attackers/forged-engine.ts. @returns its path */
export function goForgedEngine(): Promise<string> {
  return goProgram('../security/attackers/forged-engine', 'forged-engine');
}

/** Builds `go-denied/`, which does one thing that containers deny, or crashes. @returns the path of the static program */
export function goDenied(): Promise<string> {
  return goProgram('go-denied', 'denied');
}

async function goProgram(directory: string, name: string, flags: readonly string[] = []): Promise<string> {
  const source = fileURLToPath(new URL(directory, import.meta.url));
  const key = `${await sourcesOf([source], ['.go', '.mod', '.sum'])} ${goOnThePath() ?? ''}`;
  const folder = await builtOnce(`go-${name}`, key, (bin) =>
    runTool('go', ['build', ...flags, '-o', join(bin, name), '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: `-buildvcs=false ${withoutDebugData}` },
    }),
  );
  return join(folder, name);
}
