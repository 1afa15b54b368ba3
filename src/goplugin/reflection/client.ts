/** Asks a plugin which services it has and what they look like. */
import { someOf } from '../../foreign-text.ts';
import { PluginCallError, ReflectionError, ReflectionLimitError } from '../errors.ts';
import { callBidiStream, type CallTarget } from '../grpc/client/calls.ts';
import { checkArgument, checkShape } from '../../settings/option-shape.ts';
import { callOptions, serviceName } from '../call-options.ts';
import { statusName } from '../grpc/status.ts';
import type { CallOptions, DynamicService } from '../service.ts';
import { Budget, DeadlinePassed, LimitExceeded } from './budget.ts';
import { nameAndImports } from './descriptor.ts';
import { decodeAnswer, type ReflectionAnswer, type ReflectionQuestion } from './messages.ts';
import { schemaOf } from './schema.ts';
import { reflectionService, reflectionVersions, type ReflectionVersion } from './services.ts';

/** Asks a plugin about its services, through gRPC's server reflection. */
export interface Reflection {
  /**
   * Returns the full names of the services that the plugin serves, go-plugin's own among them, in the plugin's order.
   *
   * @throws ReflectionError when the plugin has no reflection; otherwise as any call
   */
  services(options?: CallOptions): Promise<readonly string[]>;
  /**
   * Returns the definition of a service, to be passed to `client`. Its messages look like those of `loadProto`.
   *
   * @param name full name, for example `proto.KV`
   * @throws ReflectionError when the plugin has no reflection, no such service, or describes it wrongly; otherwise as
   *   any call. Abort cancels the request.
   */
  service(name: string, options?: CallOptions): Promise<DynamicService>;
}

export function reflection(target: CallTarget, plugin: string): Reflection {
  /** The version of reflection in which the plugin first answered. */
  const known: { version?: ReflectionVersion } = {};
  const within = async <T>(
    options: CallOptions | undefined,
    work: (asking: Asking) => Promise<T>,
  ): Promise<T> => {
    checkShape('reflection', callOptions, options);
    const budget = new Budget(options);
    try {
      return await work(new Asking({ target, plugin, known, budget, options }));
    } catch (error) {
      throw explained(error, plugin);
    }
  };
  return {
    services: (options) =>
      within(options, async (asking) => {
        const answer = await asking.ask({ kind: 'listServices' });
        if (answer.kind === 'services') return answer.names;
        throw asking.refused('its services', answer);
      }),
    service: async (name, options) => {
      checkArgument('reflection.service', 'name', serviceName, name);
      return within(options, async (asking) => definitionOf(await allFiles(asking, name), name, asking));
    },
  };
}

/** Turns a reached limit or the end of the time into the error for the caller. */
function explained(error: unknown, plugin: string): unknown {
  if (error instanceof LimitExceeded) return new ReflectionLimitError(plugin, error);
  if (!(error instanceof DeadlinePassed)) return error;
  return new ReflectionError(
    'PLUGIN_CALL_TIMEOUT',
    `the description of its services by ${plugin} could not be read before the deadline`,
  );
}

interface AskingParts {
  readonly target: CallTarget;
  readonly plugin: string;
  readonly known: { version?: ReflectionVersion };
  readonly budget: Budget;
  readonly options: CallOptions | undefined;
}

/** One request of the caller, however many requests to the plugin it takes. */
class Asking {
  readonly plugin: string;
  readonly budget: Budget;
  readonly #parts: AskingParts;

  constructor(parts: AskingParts) {
    this.plugin = parts.plugin;
    this.budget = parts.budget;
    this.#parts = parts;
  }

  async ask(question: ReflectionQuestion): Promise<ReflectionAnswer> {
    const { known } = this.#parts;
    for (const version of known.version ? [known.version] : reflectionVersions) {
      try {
        const answer = await this.#askIn(version, question);
        known.version = version;
        return answer;
      } catch (error) {
        if (!(error instanceof PluginCallError && error.status === 'UNIMPLEMENTED')) throw error;
      }
    }
    throw new ReflectionError('REFLECTION_UNAVAILABLE', `${this.plugin} does not describe its services`, {
      hint: 'Plugins in Go do so since go-plugin 1.2; plugins in other languages must add gRPC server reflection. `loadProto` reads the definition from a .proto file.',
    });
  }

  refused(what: string, answer: ReflectionAnswer): ReflectionError {
    const reason =
      answer.kind === 'error'
        ? `${statusName(answer.status)}: ${answer.message.slice(0, 200)}`
        : 'an answer to another question';
    return new ReflectionError('REFLECTION_FAILED', `when asked for ${what}, ${this.plugin} gave ${reason}`);
  }

  /** Opens a stream for each request: there are few, and nothing has to be closed in the end. */
  async #askIn(version: ReflectionVersion, question: ReflectionQuestion): Promise<ReflectionAnswer> {
    const { target, options, budget } = this.#parts;
    const method = { ...reflectionService(version).ServerReflectionInfo, responseDeserialize: asItIs };
    const limited = { ...options, timeoutMs: budget.remainingMs() };
    for await (const reply of callBidiStream(target, method, [question], limited)) {
      const bytes = reply as Buffer;
      budget.spend('bytes', bytes.length);
      return readable(() => decodeAnswer(bytes, budget), this.plugin, 'an answer').answer;
    }
    return { kind: 'unknown' };
  }
}

const asItIs = (bytes: Buffer): Buffer => bytes;

/**
 * Fetches the file that defines the symbol, and whatever it imports, directly or not: older plugins send one file at a
 * time.
 */
async function allFiles(asking: Asking, symbol: string): Promise<readonly Buffer[]> {
  const { plugin, budget } = asking;
  const first = await asking.ask({ kind: 'fileContainingSymbol', name: symbol });
  if (first.kind !== 'files') throw await noSuchService(asking, symbol, first);
  const files = new Map<string, Buffer>();
  const missing = new Set<string>();
  const take = async (received: readonly Buffer[]): Promise<void> => {
    for (const file of received) {
      await budget.breathe();
      const { name, imports } = readable(() => nameAndImports(file, budget), plugin, 'a file');
      if (files.has(name)) continue;
      files.set(name, file);
      missing.delete(name);
      for (const each of imports) if (!files.has(each)) missing.add(each);
      budget.check('files', files.size + missing.size);
    }
  };
  await take(first.files);
  for (const name of missing) {
    const answer = await asking.ask({ kind: 'fileByName', name });
    if (answer.kind !== 'files') throw asking.refused(name, answer);
    await take(answer.files);
    if (!files.has(name)) throw invalid(plugin, `other files in place of ${JSON.stringify(name)}`);
  }
  return [...files.values()];
}

async function noSuchService(
  asking: Asking,
  name: string,
  answer: ReflectionAnswer,
): Promise<ReflectionError> {
  const listed = await asking.ask({ kind: 'listServices' });
  const names = listed.kind === 'services' ? listed.names : [];
  if (names.includes(name)) return asking.refused(name, answer);
  return unknownService(asking.plugin, name, names);
}

function unknownService(plugin: string, name: string, names: readonly string[]): ReflectionError {
  return new ReflectionError(
    'REFLECTION_NO_SERVICE',
    `${plugin} has no service ${JSON.stringify(name.slice(0, 200))}`,
    names.length === 0 ? {} : { hint: `It has ${someOf(names)}.` },
  );
}

function readable<T>(read: () => T, plugin: string, what: string): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof LimitExceeded) throw cause;
    throw invalid(plugin, `${what} that can't be read (${(cause as Error).message})`, cause);
  }
}

function invalid(plugin: string, what: string, cause?: unknown): ReflectionError {
  return new ReflectionError('REFLECTION_FAILED', `${plugin} describes its services with ${what}`, { cause });
}

async function definitionOf(
  files: readonly Buffer[],
  name: string,
  { plugin, budget }: Asking,
): Promise<DynamicService> {
  const { servicesOf } = await import('../load-proto.ts');
  let services: Readonly<Record<string, DynamicService>>;
  try {
    const schema = await schemaOf(files, budget);
    await budget.breathe();
    services = await servicesOf(schema);
  } catch (cause) {
    budget.throwIfAborted();
    if (!isOfDescriptors(cause)) throw cause;
    throw invalid(plugin, `descriptors that can't be used (${cause.message.slice(0, 200)})`, cause);
  }
  const found = Object.hasOwn(services, name) ? services[name] : undefined;
  if (!found) throw unknownService(plugin, name, Object.keys(services));
  return found;
}

/** Whether the error comes from the descriptors, and is neither a limit nor the end of the time. */
function isOfDescriptors(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof LimitExceeded || error instanceof DeadlinePassed);
}
