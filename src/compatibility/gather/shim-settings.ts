import { posix } from 'node:path';
import { readBoundedFile } from '../../linux/bounded-file.ts';
import { isKnown, known, unknown, type Fact } from '../fact.ts';
import { pathBelowRoot } from './below-root.ts';
import type { EngineProcess } from './engine-process.ts';
import { foreignWriter } from './file-owner.ts';
import { parseSimpleToml } from './simple-toml.ts';

const longestSettings = 1024 * 1024;

/**
 * Reads the settings of gVisor's shim, `runsc.toml`: it gives runsc an argument for each entry of the table
 * `runsc_config`, and reads the file anew for each container. Only a file that root or the engine's user alone can
 * change counts, and only if every line of it is understood.
 */
export async function shimSettings(
  path: string,
  process: Fact<EngineProcess>,
): Promise<{ readonly args: Fact<readonly string[]>; readonly program: string | undefined }> {
  if (!isKnown(process))
    return { args: unknown(`${path} can't be read: ${process.unknown}`), program: undefined };
  const { folder } = process.value;
  if (!posix.isAbsolute(path)) return { args: unknown(`${path} is no absolute path`), program: undefined };
  try {
    const bytes = await readBoundedFile(await pathBelowRoot(`${folder}/root`, path), {
      mostBytes: longestSettings,
      problem: (found) => foreignWriter(found, process.value),
    });
    const tables = parseSimpleToml(bytes.toString('utf8'));
    const settings = [...(tables.get('runsc_config') ?? [])];
    const notText = settings.find(([, value]) => typeof value !== 'string');
    if (notText !== undefined)
      throw new Error(`the value of ${notText[0]} is no text, which the shim does not take`);
    const program = tables.get('')?.get('binary_name');
    return {
      args: known(
        settings.map(([name, value]) => `--${name}=${value as string}`),
        path,
      ),
      program: typeof program === 'string' && program !== '' ? program : undefined,
    };
  } catch (error) {
    return { args: unknown(`${path} can't be used: ${(error as Error).message}`), program: undefined };
  }
}
