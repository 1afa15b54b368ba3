import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineUnreachableError } from '../errors.ts';

/**
 * The engine that Docker's current context names: `DOCKER_CONTEXT`, else `currentContext` of `config.json`.
 * `undefined` when there is none, or it is `default`.
 *
 * @throws EngineUnreachableError `ENGINE_CONTEXT_INVALID` when a context is set but can't be read
 */
export async function dockerContextHost(
  configDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ url: string; source: string } | undefined> {
  const setting = environment['DOCKER_CONTEXT'] ?? '';
  const name = setting === '' ? await currentContext(join(configDirectory, 'config.json')) : setting;
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

async function currentContext(file: string): Promise<string | undefined> {
  const config = (await readJson(file)) as { currentContext?: unknown } | undefined;
  return typeof config?.currentContext === 'string' && config.currentContext !== ''
    ? config.currentContext
    : undefined;
}

async function readJson(file: string): Promise<object | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    // No such file is no setting; neither is one that belongs to somebody else (HOME of root under sudo, say).
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((cause as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw invalid("Docker's configuration can't be read", file, cause);
  }
  if (typeof value === 'object' && value !== null) return value;
  throw invalid("Docker's configuration is no JSON object", file);
}

function invalid(message: string, file: string, cause?: unknown): EngineUnreachableError {
  return new EngineUnreachableError('ENGINE_CONTEXT_INVALID', `${message} (${file})`, {
    ...(cause !== undefined && { cause }),
    hint: 'Choose a context with `docker context use`, or set DOCKER_HOST to the socket.',
  });
}
