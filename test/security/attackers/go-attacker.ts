import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtOnce, sourcesOf } from '../../plugins/cache.ts';
import { goOnThePath } from '../../plugins/go-programs.ts';
import { runTool } from '../../plugins/run-tool.ts';

/** Builds an attacker out of the folder of its name. @returns the path of the static program */
export async function goAttacker(name: 'forged-engine'): Promise<string> {
  const source = fileURLToPath(new URL(name, import.meta.url));
  const key = `${await sourcesOf([source], ['.go', '.mod'])} ${goOnThePath() ?? ''}`;
  const folder = await builtOnce(`attacker-${name}`, key, (bin) =>
    runTool('go', ['build', '-o', join(bin, name), '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
    }),
  );
  return join(folder, name);
}
