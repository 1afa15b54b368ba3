/** What services a plugin has and what they look like, asked of the plugin itself. */
import { PluginCallError, ReflectionError } from '../errors.ts';
import { callBidiStream, type CallTarget } from '../grpc/calls.ts';
import { statusName } from '../grpc/status.ts';
import type { CallOptions, DynamicService } from '../service.ts';
import { summarise } from './descriptor.ts';
import type { AnswerTo, ReflectionAnswer, ReflectionQuestion } from './messages.ts';
import { schemaOf } from './schema.ts';
import { reflectionService, reflectionVersions, type ReflectionVersion } from './services.ts';

/** Asks a plugin about its services, through gRPC's server reflection. */
export interface Reflection {
  /**
   * Full names of the services that the plugin serves, go-plugin's own among them, in the plugin's order.
   *
   * @throws ReflectionError when the plugin has no reflection; otherwise as any call
   */
  services(options?: CallOptions): Promise<readonly string[]>;
  /**
   * The definition of a service, to be passed to `client`. Messages are as those of `loadProto`.
   *
   * @param name full name, for example `proto.KV`
   * @throws ReflectionError when the plugin has no reflection, no such service, or describes it wrongly; otherwise as
   * any call. Abort: the question is cancelled.
   */
  service(name: string, options?: CallOptions): Promise<DynamicService>;
}

/** A plugin that describes more than this is not believed. */
const mostFiles = 1_000;
const mostBytes = 64 * 1024 * 1024;
/** A plugin that does not answer such a question at once is not going to. */
const defaultTimeoutMs = 10_000;

export function reflection(target: CallTarget, plugin: string): Reflection {
  const asking = new Asking(target, plugin);
  return {
    services: async (options) => {
      const answer = await asking.ask({ kind: 'listServices' }, options);
      if (answer.kind === 'services') return answer.names;
      throw asking.refused('its services', answer);
    },
    service: async (name, options) => {
      const files = await allFiles(asking, name, options);
      return await definitionOf(files, name, plugin);
    },
  };
}

class Asking {
  readonly plugin: string;
  readonly #target: CallTarget;
  /** The first that the plugin answered in. */
  #version: ReflectionVersion | undefined;

  constructor(target: CallTarget, plugin: string) {
    this.#target = target;
    this.plugin = plugin;
  }

  async ask(question: ReflectionQuestion, options: CallOptions = {}): Promise<ReflectionAnswer> {
    for (const version of this.#version ? [this.#version] : reflectionVersions) {
      try {
        const answer = await this.#askIn(version, question, options);
        this.#version = version;
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
    return new ReflectionError('REFLECTION_FAILED', `Asked for ${what}, ${this.plugin} gave ${reason}`);
  }

  /** A stream for each question: there are few, and nothing has to be closed in the end. */
  async #askIn(
    version: ReflectionVersion,
    question: ReflectionQuestion,
    options: CallOptions,
  ): Promise<ReflectionAnswer> {
    const method = reflectionService(version).ServerReflectionInfo;
    const limited = { timeoutMs: defaultTimeoutMs, ...options };
    for await (const reply of callBidiStream(this.#target, method, [question], limited)) {
      return (reply as AnswerTo).answer;
    }
    return { kind: 'unknown' };
  }
}

/** The file that defines the symbol, and whatever it imports, directly or not: older plugins send one at a time. */
async function allFiles(
  asking: Asking,
  symbol: string,
  options: CallOptions | undefined,
): Promise<readonly Buffer[]> {
  const first = await asking.ask({ kind: 'fileContainingSymbol', name: symbol }, options);
  if (first.kind !== 'files') throw await noSuchService(asking, symbol, first, options);
  const files = new Map<string, Buffer>();
  const missing = new Set<string>();
  let bytes = 0;
  const take = (received: readonly Buffer[]): void => {
    for (const file of received) {
      const { name, imports } = read(file, asking.plugin);
      if (files.has(name)) continue;
      files.set(name, file);
      bytes += file.length;
      missing.delete(name);
      for (const each of imports) if (!files.has(each)) missing.add(each);
    }
    if (files.size + missing.size > mostFiles || bytes > mostBytes) {
      throw invalid(asking.plugin, `more than ${mostFiles} files, or ${mostBytes} bytes`);
    }
  };
  take(first.files);
  for (const name of missing) {
    const answer = await asking.ask({ kind: 'fileByName', name }, options);
    if (answer.kind !== 'files') throw asking.refused(name, answer);
    take(answer.files);
    if (!files.has(name)) throw invalid(asking.plugin, `other files in place of ${JSON.stringify(name)}`);
  }
  return [...files.values()];
}

async function noSuchService(
  asking: Asking,
  name: string,
  answer: ReflectionAnswer,
  options: CallOptions | undefined,
): Promise<ReflectionError> {
  const listed = await asking.ask({ kind: 'listServices' }, options);
  const names = listed.kind === 'services' ? listed.names : [];
  if (names.includes(name)) return asking.refused(name, answer);
  return unknownService(asking.plugin, name, names);
}

function unknownService(plugin: string, name: string, names: readonly string[]): ReflectionError {
  return new ReflectionError(
    'REFLECTION_NO_SERVICE',
    `${plugin} has no service ${JSON.stringify(name.slice(0, 200))}`,
    names.length === 0 ? {} : { hint: `It has ${names.join(', ').slice(0, 1000)}.` },
  );
}

function read(file: Buffer, plugin: string): { name: string; imports: readonly string[] } {
  try {
    return summarise(file);
  } catch (cause) {
    throw invalid(plugin, `a file that can't be read (${(cause as Error).message})`, cause);
  }
}

function invalid(plugin: string, what: string, cause?: unknown): ReflectionError {
  return new ReflectionError('REFLECTION_FAILED', `${plugin} describes its services by ${what}`, { cause });
}

async function definitionOf(files: readonly Buffer[], name: string, plugin: string): Promise<DynamicService> {
  const { servicesOf } = await import('../load-proto.ts');
  let services: Readonly<Record<string, DynamicService>>;
  try {
    services = await servicesOf(schemaOf(files));
  } catch (cause) {
    throw invalid(
      plugin,
      `descriptors that can't be used (${(cause as Error).message.slice(0, 200)})`,
      cause,
    );
  }
  const found = Object.hasOwn(services, name) ? services[name] : undefined;
  if (!found) throw unknownService(plugin, name, Object.keys(services));
  return found;
}
