import { z } from 'zod';
import { InvalidOptionError } from '../../errors.ts';
import { byteStream, type ByteStream } from '../byte-stream.ts';
import type { CallOptions } from '../call-options.ts';
import type { Call, EngineClient } from '../client.ts';
import { parsePathStat, type PathStat } from '../codec/path-stat.ts';
import { EngineProtocolError } from '../errors.ts';
import { archiveBytes } from '../images/archive-bytes.ts';
import type { ImageArchive } from '../images/load-images.ts';
import { callOptions, checkOptions, optionsOf, signalOption } from '../../settings/option-check.ts';
import { checkContainerId } from '../check-name.ts';
import type { TransportResponse } from '../transport/transport.ts';

/** A file or folder of a container, as a tar archive. Its name in the archive is the last part of the path. */
export interface ContainerArchive extends ByteStream {
  readonly stat: PathStat;
}

export interface PutArchiveOptions extends CallOptions {
  /** Refuses to replace a file by a folder, or a folder by a file. Default false. */
  readonly noOverwriteDirNonDir?: boolean | undefined;
  /** Keeps the owners that the archive names. Default: the engine decides. */
  readonly copyUidGid?: boolean | undefined;
}

/** See `Containers.statPath`. */
export async function statPath(
  client: EngineClient,
  id: string,
  path: string,
  options: CallOptions = {},
): Promise<PathStat> {
  const { signal } = checkOptions('containers.statPath', callOptions, options);
  const call = archiveCall('HEAD', 'containers.statPath', id, path, signal);
  const response = await client.open(call);
  await response.body.dump();
  return readStat(client, call, response);
}

/** See `Containers.getArchive`. */
export async function getArchive(
  client: EngineClient,
  id: string,
  path: string,
  options: CallOptions = {},
): Promise<ContainerArchive> {
  const { signal } = checkOptions('containers.getArchive', callOptions, options);
  const { limits } = client.transport;
  const call: Call = {
    ...archiveCall('GET', 'containers.getArchive', id, path, signal),
    lasting: { headersMs: limits.headersMs, bodyMs: limits.bodyMs },
  };
  const response = await client.open(call);
  return { ...byteStream(client, call, response), stat: readStat(client, call, response) };
}

const putSchema = optionsOf<PutArchiveOptions>()({
  noOverwriteDirNonDir: z.boolean().optional(),
  copyUidGid: z.boolean().optional(),
  signal: signalOption,
});

/** See `Containers.putArchive`. */
export async function putArchive(
  client: EngineClient,
  id: string,
  path: string,
  archive: ImageArchive,
  options: PutArchiveOptions = {},
): Promise<void> {
  const { noOverwriteDirNonDir, copyUidGid, signal } = checkOptions(
    'containers.putArchive',
    putSchema,
    options,
  );
  const call = archiveCall('PUT', 'containers.putArchive', id, path, signal);
  await client.callText({
    ...call,
    query: { ...call.query, noOverwriteDirNonDir, copyUIDGID: copyUidGid },
    bytes: await archiveBytes('containers.putArchive', archive),
    headers: { 'content-type': 'application/x-tar' },
    lasting: { headersMs: 0, bodyMs: client.transport.limits.bodyMs }, // a large archive takes as long as it takes
  });
}

function archiveCall(
  method: 'GET' | 'HEAD' | 'PUT',
  operation: string,
  id: string,
  path: string,
  signal: AbortSignal | undefined,
): Call {
  const name = checkContainerId(operation, id);
  if (typeof path !== 'string' || !path.startsWith('/') || path.includes('\0')) {
    throw new InvalidOptionError('path', `${operation} takes an absolute path in the container`);
  }
  const doing = method === 'PUT' ? 'write to' : 'read';
  return {
    doing: `${doing} ${path} of container ${name}`,
    method,
    path: `/containers/${name}/archive`,
    query: { path },
    signal,
  };
}

function readStat(client: EngineClient, call: Call, { headers, status }: TransportResponse): PathStat {
  try {
    return parsePathStat(String(headers['x-docker-container-path-stat']));
  } catch (cause) {
    throw new EngineProtocolError(`can't ${call.doing}: the engine's answer does not say what the path is`, {
      cause,
      status,
      method: call.method,
      path: call.path,
      socketPath: client.transport.socketPath,
    });
  }
}
