import { z } from 'zod';
import { BulkheadError, InvalidOptionError } from '../errors.ts';
import { compareVersions, negotiateApiVersion, oldestApiVersion } from './api-version.ts';
import { EngineClient, type EngineIdentity } from './client.ts';
import { noteClient } from './client-of.ts';
import type { ConnectOptions } from './connect-options.ts';
import { containersOf } from './containers/containers.ts';
import { findSockets } from './discovery/find-sockets.ts';
import type { SocketCandidate } from './discovery/socket-candidate.ts';
import type { Engine } from './engine.ts';
import { EngineUnreachableError, EngineVersionError } from './errors.ts';
import { imagesOf } from './images/images.ts';
import { checkOptions, countOption, optionsOf, signalOption, text } from '../settings/option-check.ts';
import { sendRawRequest } from './raw-request.ts';
import { infoAnswers, type InfoCache } from './info-cache.ts';
import { askInfo, readInfo, type EngineInfo } from './system/info.ts';
import { firstAnswerMs, ping, type Ping } from './system/ping.ts';
import { systemOf } from './system/system.ts';
import { longestSocketPath } from '../linux/socket-path.ts';
import type { TimeLimits } from './transport/time-limits.ts';
import { Transport } from './transport/transport.ts';

const optionsSchema = optionsOf<ConnectOptions>()({
  socketPath: text.startsWith('/', 'must be an absolute path').optional(),
  environment: z.record(z.string(), z.string().optional()).optional(),
  limits: optionsOf<TimeLimits>()({
    connectMs: countOption,
    headersMs: countOption,
    bodyMs: countOption,
  }).optional(),
  infoCache: z
    .custom<InfoCache>((value) => {
      const { read, write } = (value ?? {}) as Partial<InfoCache>;
      return typeof read === 'function' && typeof write === 'function';
    }, 'must have read and write')
    .optional(),
  signal: signalOption,
});

/** See `connectEngine`. */
export async function openEngine(options: ConnectOptions): Promise<Engine> {
  const {
    socketPath,
    environment = process.env,
    ...rest
  } = checkOptions('connectEngine', optionsSchema, options);
  rest.signal?.throwIfAborted();
  const candidates: SocketCandidate[] =
    socketPath === undefined
      ? await findSockets(environment)
      : [{ socketPath, source: 'socketPath', explicit: true }];

  const failures: { candidate: SocketCandidate; error: BulkheadError }[] = [];
  for (const candidate of candidates) {
    if (candidate.problem !== undefined) {
      failures.push({ candidate, error: candidate.problem });
      continue;
    }
    try {
      return await openSocket(candidate, environment, rest);
    } catch (error) {
      rest.signal?.throwIfAborted();
      if (candidate.explicit || error instanceof InvalidOptionError) throw error;
      failures.push({ candidate, error: BulkheadError.from(error) });
    }
  }
  throw noneFound(failures);
}

async function openSocket(
  candidate: SocketCandidate,
  environment: Readonly<Record<string, string | undefined>>,
  { limits = {}, infoCache, signal }: Pick<ConnectOptions, 'limits' | 'infoCache' | 'signal'>,
): Promise<Engine> {
  refuseLongPath(candidate);
  const { connectMs = 5000, headersMs = 120_000, bodyMs = 120_000 } = limits;
  const transport = new Transport(candidate.socketPath, { connectMs, headersMs, bodyMs });
  try {
    const answer = await ping(transport, { signal, headersMs: firstAnswerMs(limits.headersMs) });
    refuseOldPodman(answer, candidate.socketPath);
    const agreed = agreeOnVersion(answer, candidate.socketPath, environment['DOCKER_API_VERSION']);
    const { identity, info } = await identify(transport, answer, agreed, { infoCache, signal });
    return assemble(new EngineClient(transport, identity), info);
  } catch (error) {
    await transport.close();
    throw withSource(error, candidate);
  }
}

/** Podman 3 announces API 1.40, and lacks the paths of Podman's own API on which everything else depends. */
function refuseOldPodman({ kind, version }: Ping, socketPath: string): void {
  if (kind !== 'podman' || version === undefined || compareVersions(version, '4') >= 0) return;
  throw new EngineVersionError(
    `Podman ${version} on ${socketPath} is too old: the oldest that works here is 4.0`,
    {
      socketPath,
      hint: 'Update Podman to 4.0 or later: Debian 12 and Ubuntu 24.04 have one. On Ubuntu 22.04, take Docker.',
    },
  );
}

type Agreed = Pick<EngineIdentity, 'apiVersion' | 'versionIsFixed'>;

function agreeOnVersion(answer: Ping, socketPath: string, variable: string | undefined): Agreed {
  const wanted = variable?.trim().replace(/^v(?=\d)/, ''); // as it stands in the paths of the API
  if (!wanted || answer.kind === 'podman')
    return { apiVersion: negotiateApiVersion(answer.apiVersion, socketPath), versionIsFixed: false };
  if (!/^\d+\.\d+$/.test(wanted)) {
    throw new InvalidOptionError('DOCKER_API_VERSION', 'must be two numbers with a dot, such as 1.41');
  }
  if (compareVersions(wanted, oldestApiVersion) < 0) {
    throw new EngineVersionError(
      `DOCKER_API_VERSION is ${wanted}; the oldest that works here is ${oldestApiVersion}`,
    );
  }
  return { apiVersion: wanted, versionIsFixed: true };
}

/** Asks for what the ping does not tell: whether the engine is rootless, and which runtime a Podman service runs. */
async function identify(
  transport: Transport,
  answer: Ping,
  agreed: Agreed,
  options: Pick<ConnectOptions, 'infoCache' | 'signal'>,
): Promise<{ identity: EngineIdentity; info: EngineInfo }> {
  const known: EngineIdentity = {
    kind: answer.kind,
    version: answer.version ?? '0',
    ...agreed,
    rootless: false,
    serviceRuntime: undefined,
    enforces: { memory: true, cpu: true, pids: true },
  };
  const info = await infoOf(new EngineClient(transport, known), options);
  const identity = {
    ...known,
    version: answer.version ?? info.serverVersion,
    rootless: info.rootless,
    serviceRuntime: answer.kind === 'podman' ? info.defaultRuntime : undefined,
    enforces: { memory: info.memoryLimit, cpu: info.cpuCfsQuota, pids: info.pidsLimit },
  };
  return { identity, info };
}

/** @throws the errors of `engine.system.info` */
async function infoOf(
  client: EngineClient,
  { infoCache, signal }: Pick<ConnectOptions, 'infoCache' | 'signal'>,
): Promise<EngineInfo> {
  const { kind, version } = client.identity;
  const engine = { kind, version, socketPath: client.transport.socketPath };
  const kept = infoAnswers.safeParse(await infoCache?.read(engine)).data;
  signal?.throwIfAborted();
  if (kept !== undefined) {
    try {
      return readInfo(client, kept);
    } catch {
      // The cached answer is not one of this engine, whoever wrote it: the engine is asked.
    }
  }
  const answers = await askInfo(client, { signal });
  const info = readInfo(client, answers);
  await infoCache?.write(engine, answers);
  return info;
}

function assemble(client: EngineClient, info: EngineInfo): Engine {
  const { kind, version, apiVersion, rootless } = client.identity;
  const { transport } = client;
  const engine: Engine = {
    kind,
    version,
    apiVersion,
    rootless,
    socketPath: transport.socketPath,
    info,
    system: systemOf(client),
    images: imagesOf(client),
    containers: containersOf(client),
    request: (request) => sendRawRequest(client, request),
    close: () => transport.close(),
    [Symbol.asyncDispose]: () => transport.close(),
  };
  noteClient(engine, client);
  return engine;
}

function refuseLongPath({ socketPath, source }: SocketCandidate): void {
  const length = Buffer.byteLength(socketPath);
  if (length <= longestSocketPath) return;
  throw new EngineUnreachableError(
    'ENGINE_SOCKET_PATH_TOO_LONG',
    `${socketPath} (from ${source}) has ${length} bytes; the kernel allows ${longestSocketPath}`,
    { socketPath, hint: 'Make a symbolic link with a shorter path to the folder of the socket.' },
  );
}

/** Adds the setting that led to the socket to the error: the path alone sends people looking in the wrong place. */
function withSource(error: unknown, { source, explicit, socketPath }: SocketCandidate): unknown {
  if (!explicit || source === 'socketPath' || !(error instanceof EngineUnreachableError)) return error;
  const { code, hint, cause } = error;
  return new EngineUnreachableError(code, `${error.message} (${source})`, { hint, cause, socketPath });
}

function noneFound(
  failures: readonly { candidate: SocketCandidate; error: BulkheadError }[],
): EngineUnreachableError {
  const lines = failures.map(({ candidate, error }) => `  ${candidate.source}: ${error.message}`);
  // A socket that is there but forbidden is what its user most likely wants to know about, then a torn configuration.
  const present = failures.filter(({ error }) => error.code !== 'ENGINE_SOCKET_ABSENT');
  const telling = (present.find(({ error }) => error.code !== 'ENGINE_CONTEXT_INVALID') ?? present[0])?.error;
  return new EngineUnreachableError('ENGINE_NONE_FOUND', ['no engine answers:', ...lines].join('\n'), {
    cause: telling,
    hint: telling?.hint ?? 'Start Docker or Podman, or set DOCKER_HOST to the socket of one that runs.',
  });
}
