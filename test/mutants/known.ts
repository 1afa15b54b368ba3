/** Remembers, outside the repository, which mutants were noticed, so that a run tries only what has changed since the last. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Noticed, by the source that it was made from; or not, by the source and the tests. */
type Results = Record<string, boolean>;

export class KnownMutants {
  readonly #file: string;
  #results: Results = {};

  private constructor(file: string) {
    this.#file = file;
  }

  static async load(): Promise<KnownMutants> {
    const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'bulkhead');
    await mkdir(folder, { recursive: true });
    const known = new KnownMutants(join(folder, 'mutants.json'));
    known.#results = await known.#read();
    return known;
  }

  async #read(): Promise<Results> {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8')) as Results;
    } catch {
      return {}; // Nothing is known yet.
    }
  }

  /** A mutant that tests have noticed once needs no further run; one that they have not needs one when they change. */
  get(source: string, mutant: string, tests: string): boolean | undefined {
    if (this.#results[keyOf(source, mutant)] === true) return true;
    return this.#results[keyOf(source, mutant, tests)];
  }

  set(source: string, mutant: string, tests: string, noticed: boolean): void {
    this.#results[noticed ? keyOf(source, mutant) : keyOf(source, mutant, tests)] = noticed;
  }

  /** Keeps the results, with those that another run has kept meanwhile. */
  async save(): Promise<void> {
    this.#results = { ...(await this.#read()), ...this.#results };
    await writeFile(this.#file, JSON.stringify(this.#results));
  }
}

function keyOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length} ${part}`);
  return hash.digest('base64url').slice(0, 22);
}
