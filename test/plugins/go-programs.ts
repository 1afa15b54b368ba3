/** Plugins in Go, built from the module proxy with what `go` is on the PATH. */
import { spawnSync } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtOnce, sourcesOf } from './cache.ts';
import { runTool } from './run-tool.ts';

export const noGo = 'go is not on the PATH';

const goVersion = 'v1.8.0';

/** HashiCorp's own examples, as published, by the name of their service. */
const examples = {
  kv: `github.com/hashicorp/go-plugin/examples/grpc/plugin-go-grpc@${goVersion}`,
  counter: `github.com/hashicorp/go-plugin/examples/bidirectional/plugin-go-grpc@${goVersion}`,
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

/** Builds an example plugin, unmodified. @returns the path of the static program */
export async function goExample(name: GoExample): Promise<string> {
  const folder = await builtOnce(`go-${name}`, `${examples[name]} ${goOnThePath() ?? ''}`, async (bin) => {
    await runTool('go', ['install', examples[name]], {
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOBIN: bin },
    });
    await rename(join(bin, 'plugin-go-grpc'), join(bin, name));
  });
  return join(folder, name);
}

/** Builds `go/`: a key/value plugin that misbehaves when asked to. @returns the path of the static program */
export async function goFaulty(): Promise<string> {
  const source = fileURLToPath(new URL('go', import.meta.url));
  const key = `${await sourcesOf([source], ['.go', '.mod', '.sum'])} ${goOnThePath() ?? ''}`;
  const folder = await builtOnce('go-faulty', key, (bin) =>
    runTool('go', ['build', '-o', join(bin, 'faulty'), '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
    }),
  );
  return join(folder, 'faulty');
}
