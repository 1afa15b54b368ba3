/**
 * Answers requests about the services of a plugin, as the servers of go-plugin do: a host without .proto files,
 * `grpcurl`, `bulkhead call`.
 *
 * Descriptors come with definitions that `loadProto` made. A service whose definition carries none, such as generated
 * code, is listed and can't be described.
 */
import { statusNames } from '../grpc/status.ts';
import { service } from '../define-service.ts';
import type { MethodShape, ServedService, ServiceDefinition } from '../service.ts';
import { renamed, resolve, summarise, type FileSummary } from './descriptor.ts';
import type { AnswerTo, ReflectionAnswer, ReflectionQuestion } from './messages.ts';
import { reflectionService, reflectionVersions } from './services.ts';

/** @param definitions the definitions of all that is served; they are read with the first request */
export function reflectionServices(
  definitions: () => readonly ServiceDefinition[],
): readonly ServedService[] {
  let made: Description | undefined;
  return reflectionVersions.map((version) =>
    service(reflectionService(version), {
      serverReflectionInfo: async function* (
        questions: AsyncIterable<ReflectionQuestion>,
      ): AsyncGenerator<AnswerTo> {
        for await (const question of questions) {
          made ??= new Description(definitions());
          yield { question, answer: made.answer(question) };
        }
      },
    }),
  );
}

interface KnownFile {
  readonly bytes: Buffer;
  readonly imports: readonly string[];
}

class Description {
  readonly #services: readonly string[];
  readonly #files = new Map<string, KnownFile>();
  /** The name of the defining file, by the full name of what it defines. */
  readonly #symbols = new Map<string, string>();

  constructor(definitions: readonly ServiceDefinition[]) {
    const methods = definitions.flatMap((definition) => Object.values(definition));
    this.#services = [...new Set(methods.map(({ path }) => path.split('/')[1] ?? ''))].sort();
    this.#add(descriptorsOf(methods));
  }

  answer(question: ReflectionQuestion): ReflectionAnswer {
    switch (question.kind) {
      case 'listServices':
        return { kind: 'services', names: this.#services };
      case 'fileByName':
        return this.#withImports(question.name, question.name);
      case 'fileContainingSymbol':
        return this.#withImports(this.#symbols.get(question.name), question.name);
      case 'unknown':
        return error('UNIMPLEMENTED', 'only services and their files are described');
    }
  }

  /**
   * Adds a file. proto-loader puts everything of one package into a file of its own making, names no imports, and may
   * name the file after a path on the machine where it was read.
   */
  #add(descriptors: readonly Buffer[]): void {
    const summaries: [string, Buffer, FileSummary][] = [];
    for (const bytes of descriptors) {
      const summary = summarise(bytes);
      if (summary.symbols.some((symbol) => this.#symbols.has(symbol))) continue; // another definition has it too
      const name = this.#freeName(summary);
      for (const symbol of summary.symbols) this.#symbols.set(symbol, name);
      summaries.push([name, bytes, summary]);
      this.#files.set(name, { bytes, imports: [] });
    }
    for (const [name, bytes, { references }] of summaries) {
      const used = references
        .map((reference) => resolve(reference, (symbol) => this.#symbols.has(symbol)))
        .map((symbol) => (symbol === undefined ? undefined : this.#symbols.get(symbol)));
      const imports = [...new Set(used)].filter(
        (each): each is string => each !== undefined && each !== name,
      );
      this.#files.set(name, { bytes: renamed(bytes, name, imports), imports });
    }
  }

  #freeName({ symbols }: FileSummary): string {
    const stem = (symbols[0] ?? 'empty').replaceAll('.', '/');
    let name = `${stem}.proto`;
    for (let number = 2; this.#files.has(name); number += 1) name = `${stem}-${number}.proto`;
    return name;
  }

  /** Returns the file and whatever it imports, so that a client gets all that it needs in one answer. */
  #withImports(name: string | undefined, asked: string): ReflectionAnswer {
    if (name === undefined || !this.#files.has(name)) {
      return error('NOT_FOUND', `${JSON.stringify(asked)} is not described`);
    }
    const names = new Set([name]);
    for (const each of names) for (const other of this.#files.get(each)?.imports ?? []) names.add(other);
    return { kind: 'files', files: [...names].flatMap((each) => this.#files.get(each)?.bytes ?? []) };
  }
}

/** The descriptors that proto-loader leaves on the message types of a method. */
interface DescribedMethod extends MethodShape {
  readonly requestType?: { readonly fileDescriptorProtos?: readonly Buffer[] };
}

function descriptorsOf(methods: readonly DescribedMethod[]): readonly Buffer[] {
  return [...new Set(methods.flatMap((method) => method.requestType?.fileDescriptorProtos ?? []))];
}

function error(status: (typeof statusNames)[number], message: string): ReflectionAnswer {
  return { kind: 'error', status: statusNames.indexOf(status), message };
}
