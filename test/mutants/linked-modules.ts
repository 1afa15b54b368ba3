/**
 * Modules that are linked in this process, so that a changed module and those that import it can be evaluated again and
 * again without a new process for each change. Packages and built-in modules are imported once, by Node.
 */
import { existsSync, readFileSync } from 'node:fs';
import * as builtin from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

/** A compiled module: a path, what it says, and the paths that it imports, at once or later. */
interface Source {
  readonly code: string;
  readonly imports: readonly string[];
  /** Whether it has variables that outlast a call. */
  readonly keeps: boolean;
}

/** What takes the place of `node:test`, with the names that it exports. */
export type TestExports = Readonly<Record<string, unknown>>;

export class LinkedModules {
  readonly #sources = new Map<string, Source>();
  /** For each root that was asked for, the importers of each module below it. */
  readonly #importers = new Map<string, ReadonlyMap<string, readonly string[]>>();
  readonly #shared = new Map<string, vm.Module>();
  readonly #foreign = new Map<string, Promise<vm.SyntheticModule>>();
  /** Builtin modules, whose exports a test may replace while it runs. */
  readonly #builtins = new Map<vm.SyntheticModule, Readonly<Record<string, unknown>>>();

  /**
   * Returns a function that evaluates a module anew, and with it whatever imports the changed one or keeps something.
   * Everything else is evaluated once.
   *
   * @param changed a path and its code; `undefined` where nothing is changed
   */
  begin(
    changed: { readonly path: string; readonly code: string } | undefined,
    tests: TestExports,
  ): (root: string) => Promise<void> {
    const anew = new Set<string>();
    const fresh = new Map<string, vm.Module>();
    const testModule = synthetic(tests);
    const get = async (specifier: string, from: string): Promise<vm.Module> => {
      if (specifier === 'node:test') return testModule;
      if (!specifier.startsWith('.')) return this.#foreignModule(specifier);
      const path = join(dirname(from), specifier);
      const place = anew.has(path) ? fresh : this.#shared;
      const known = place.get(path);
      if (known !== undefined) return known;
      const made = this.#module(path, changed?.path === path ? changed.code : undefined, get);
      place.set(path, made);
      return made;
    };
    return async (root) => {
      for (const path of this.#notAsTheyWere(root, changed?.path)) anew.add(path);
      const module = await get(`./${root}`, '');
      await module.link((specifier, { identifier }) => get(specifier, identifier));
      await module.evaluate();
    };
  }

  #module(
    path: string,
    changed: string | undefined,
    get: (specifier: string, from: string) => Promise<vm.Module>,
  ): vm.Module {
    return new vm.SourceTextModule(changed ?? this.#source(path).code, {
      identifier: path,
      initializeImportMeta: (meta) => {
        meta.url = pathToFileURL(path).href;
        meta.filename = join(process.cwd(), path);
        meta.dirname = dirname(meta.filename);
      },
      importModuleDynamically: async (specifier: string) => {
        const module = await get(specifier, path);
        if (module.status === 'unlinked') await module.link((each, { identifier }) => get(each, identifier));
        await module.evaluate();
        return module;
      },
    });
  }

  #source(path: string): Source {
    const known = this.#sources.get(path);
    if (known !== undefined) return known;
    const code = readFileSync(path, 'utf8');
    const module = new vm.SourceTextModule(code, { identifier: path });
    const later = [...code.matchAll(/\bimport\('(\.[^']+)'\)/g)].map(([, specifier = '']) => specifier);
    const imports = [...module.dependencySpecifiers, ...later]
      .map((specifier) => (specifier.startsWith('.') ? join(dirname(path), specifier) : specifier))
      .filter((each) => each === 'node:test' || existsSync(each));
    const keeps = /^(export )?(let \w+|const \w+ = new (Weak)?(Map|Set)\(\))/m.test(code);
    const source = { code, imports, keeps };
    this.#sources.set(path, source);
    return source;
  }

  /** The modules below the root that keep something, and those that lead to one which does, or to the changed one. */
  #notAsTheyWere(root: string, changed: string | undefined): ReadonlySet<string> {
    const importers = this.#importersBelow(root);
    const found = new Set<string>();
    const keeping = [...importers.keys()].filter((path) => this.#sources.get(path)?.keeps === true);
    const rest = ['node:test', root, ...keeping, ...(changed === undefined ? [] : [changed])];
    for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
      found.add(path);
      for (const importer of importers.get(path) ?? []) if (!found.has(importer)) rest.push(importer);
    }
    return found;
  }

  #importersBelow(root: string): ReadonlyMap<string, readonly string[]> {
    const known = this.#importers.get(root);
    if (known !== undefined) return known;
    const importers = new Map<string, string[]>();
    const left = [root];
    const seen = new Set(left);
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (!path.endsWith('.js')) continue;
      for (const each of this.#source(path).imports) {
        importers.set(each, [...(importers.get(each) ?? []), path]);
        if (seen.has(each)) continue;
        seen.add(each);
        left.push(each);
      }
    }
    this.#importers.set(root, importers);
    return importers;
  }

  #foreignModule(specifier: string): Promise<vm.SyntheticModule> {
    let made = this.#foreign.get(specifier);
    if (made === undefined) {
      made = this.#importForeign(specifier);
      this.#foreign.set(specifier, made);
    }
    return made;
  }

  async #importForeign(specifier: string): Promise<vm.SyntheticModule> {
    const exports = (await import(specifier)) as Readonly<Record<string, unknown>>;
    if (specifier !== 'node:module') {
      const module = synthetic(exports);
      if (builtin.isBuiltin(specifier)) this.#builtins.set(module, exports);
      return module;
    }
    const syncBuiltinESMExports = (): void => {
      builtin.syncBuiltinESMExports();
      for (const [module, now] of this.#builtins)
        for (const [name, value] of Object.entries(now)) module.setExport(name, value);
    };
    return synthetic({ ...exports, syncBuiltinESMExports });
  }
}

function synthetic(exports: Readonly<Record<string, unknown>>): vm.SyntheticModule {
  return new vm.SyntheticModule(Object.keys(exports), function (this: vm.SyntheticModule) {
    for (const [name, value] of Object.entries(exports)) this.setExport(name, value);
  });
}
