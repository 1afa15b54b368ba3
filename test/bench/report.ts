/** `test/bench/REPORT.md`, and a plot for each figure beside it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { loadEngines } from '../engines/engines.ts';
import { goOnThePath } from '../plugins/go-programs.ts';
import { tableOf, type Figure } from './figures.ts';
import { plotOf } from './plot.ts';

/** What was measured on, and with which versions. */
export function surroundings(): string {
  const [cpu] = cpus();
  const engines = loadEngines().map(
    ({ suite, name, version, services }) =>
      `${suite} ${name} ${version} (${services.map(({ runtime, runtimeVersion }) => `${runtime} ${runtimeVersion}`).join(', ')})`,
  );
  return [
    `- Machine: ${cpu?.model ?? 'unknown processor'}, ${cpus().length} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `- Node.js ${process.versions.node}; ${(goOnThePath() ?? 'no Go').trim()}; go-plugin 1.8.0`,
    `- Engines: ${engines.length === 0 ? 'none' : engines.join('; ')}`,
    '',
  ].join('\n');
}

/** @param folder where it is written, with the plots in `figures` */
export async function writeReport(folder: string, figures: readonly Figure[]): Promise<void> {
  const plots = join(folder, 'figures');
  await mkdir(plots, { recursive: true });
  for (const figure of figures) await writeFile(join(plots, `${figure.name}.svg`), plotOf(figure));
  const parts = figures.map(
    (figure) => `${tableOf(figure)}\n![${figure.title}](figures/${figure.name}.svg)\n`,
  );
  const head = [
    '# Measured beside a host in Go',
    '',
    'Written by `npm run bench -- --report`. The hosts take turns, with the same plugins, images and engines.',
    'A ratio is that of the medians; a goal that is not met says so, and [LIMITS.md](LIMITS.md) what bounds it.',
    '',
    surroundings(),
  ].join('\n');
  await writeFile(join(folder, 'REPORT.md'), `${head}\n${parts.join('\n')}`);
}
