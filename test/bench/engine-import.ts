/** Cold import of the published entry points, each in new processes, in turns. Needs `npm run build`. */
import { execFileSync } from 'node:child_process';
import { median, printTable } from './table.ts';

const rounds = 11;
const modules = ['dockerode', 'bulkhead/engine', 'bulkhead/goplugin', 'bulkhead'] as const;

export function benchImport(): Promise<void> {
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of modules) {
      const script = `const begin = performance.now(); await import(${JSON.stringify(name)}); console.log(performance.now() - begin)`;
      const stdout = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
      });
      if (round > 0) times.set(name, [...(times.get(name) ?? []), Number(stdout)]);
    }
  }
  const rows = modules.map((name) => ({ name: `import '${name}'`, value: median(times.get(name) ?? []) }));
  printTable(`cold import (median of ${rounds})`, 'ms', rows);
  return Promise.resolve();
}
