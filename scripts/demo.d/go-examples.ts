import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** HashiCorp's own plugins, as published: examples of go-plugin, and Vault's key/value secrets engine. */
const version = 'v1.8.0';
const examples = {
  kv: `github.com/hashicorp/go-plugin/examples/grpc/plugin-go-grpc@${version}`,
  counter: `github.com/hashicorp/go-plugin/examples/bidirectional/plugin-go-grpc@${version}`,
  'vault-kv': 'github.com/hashicorp/vault-plugin-secrets-kv/cmd/vault-plugin-secrets-kv@v0.25.0',
} as const;

export type GoExample = keyof typeof examples;

export function goIsHere(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** Builds a plugin, unmodified, from the Go module proxy. @returns the path of the static program */
export async function buildGoExample(name: GoExample, folder: string): Promise<string> {
  const bin = join(folder, name);
  await mkdir(bin, { recursive: true });
  const go = spawn('go', ['install', examples[name]], {
    env: { ...process.env, CGO_ENABLED: '0', GOBIN: bin, GOFLAGS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  go.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(go, 'close')) as [number | null];
  if (code !== 0) throw new Error(`go install ${examples[name]} failed:\n${said.trimEnd()}`);
  return join(bin, basename(examples[name]).replace(/@.*/, ''));
}
