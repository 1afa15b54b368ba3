import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beginsWithTilde, onlyShellsExpand } from '../../settings/user-path.ts';
import { EngineUnreachableError } from '../errors.ts';
import { readSettingFile } from './setting-file.ts';

/** The engine that a context names, or why the file that names the current context can't be used. */
export type DockerContext =
  | { readonly url: string; readonly source: string; readonly problem?: undefined }
  | { readonly file: string; readonly problem: EngineUnreachableError };

/**
 * The engine that Docker's current context names: `DOCKER_CONTEXT`, else `currentContext` of `config.json`. `undefined`
 * when there is none, or it is `default`.
 *
 * @returns a `problem` when `config.json` can't count as a setting, because what it says is not this user's choice
 * @throws EngineUnreachableError `ENGINE_CONTEXT_INVALID` when a context is set but can't be read
 */
export async function dockerContext(
  configDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DockerContext | undefined> {
  const setting = environment['DOCKER_CONTEXT'] ?? '';
  let name: string | undefined = setting;
  if (setting === '') {
    const file = join(configDirectory, 'config.json');
    try {
      refuseTilde(configDirectory);
      name = await currentContext(file);
    } catch (problem) {
      if (problem instanceof EngineUnreachableError) return { file, problem };
      throw problem;
    }
  }
  if (name === undefined || name === 'default') return undefined;

  const source = `docker context "${name}"`;
  // Docker CLI: a context lives in a folder named by the SHA-256 of its name.
  const folder = createHash('sha256').update(name).digest('hex');
  const file = join(configDirectory, 'contexts/meta', folder, 'meta.json');
  const meta = (await readJson(file)) as { Endpoints?: { docker?: { Host?: unknown } } } | undefined;
  if (meta === undefined) {
    throw invalid(
      `${source} is set${setting === '' ? '' : ' by DOCKER_CONTEXT'}, but there is no such context`,
      file,
    );
  }
  const url = meta.Endpoints?.docker?.Host;
  if (typeof url !== 'string' || url === '') throw invalid(`${source} names no engine`, file);
  return { url, source };
}

/** A variable that no shell has written may hold `~`, and Docker's own client does not expand it either. */
function refuseTilde(configDirectory: string): void {
  if (beginsWithTilde(configDirectory))
    throw invalid(`DOCKER_CONFIG is not looked into: ${onlyShellsExpand}`, configDirectory);
}

async function currentContext(file: string): Promise<string | undefined> {
  const config = (await readJson(file)) as { currentContext?: unknown } | undefined;
  const name = config?.currentContext ?? '';
  if (typeof name !== 'string') throw invalid("currentContext in Docker's configuration is not a text", file);
  return name === '' ? undefined : name;
}

/** Reads a file of JSON. An empty file is no setting, as for Docker's own client. */
async function readJson(file: string): Promise<object | undefined> {
  let value: unknown;
  try {
    const text = await readSettingFile(file);
    if (text === undefined || text.trim() === '') return undefined;
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`Docker's configuration can't be read: ${(cause as Error).message}`, file, cause);
  }
  if (typeof value === 'object' && value !== null) return value;
  throw invalid("Docker's configuration is not a JSON object", file);
}

function invalid(message: string, file: string, cause?: unknown): EngineUnreachableError {
  const forbidden = (cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES';
  return new EngineUnreachableError('ENGINE_CONTEXT_INVALID', `${message} (${file})`, {
    ...(cause !== undefined && { cause }),
    hint: forbidden
      ? 'Set HOME to the home of this user, or DOCKER_HOST to the socket.'
      : 'Choose a context with `docker context use`, or set DOCKER_HOST to the socket.',
  });
}
