import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** HashiCorp's own example plugins, as published. */
const version = 'v1.8.0';
const examples = {
  kv: `github.com/hashicorp/go-plugin/examples/grpc/plugin-go-grpc@${version}`,
  counter: `github.com/hashicorp/go-plugin/examples/bidirectional/plugin-go-grpc@${version}`,
} as const;

export type GoExample = keyof typeof examples;

export function goIsHere(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** Builds an example plugin, unmodified, from the Go module proxy. @returns the path of the static program */
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
  return join(bin, 'plugin-go-grpc');
}
