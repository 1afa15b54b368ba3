/** The kinds of plugins that a host knows: its own, Vault's, those registered in its directory, well-known ones. */
import type { KindCatalog } from '../../catalog/index.ts';
import { InvalidOptionError } from '../../errors.ts';
import { kindOfData, type PluginKind } from '../../kinds/index.ts';
import { wellKnownKind, wellKnownKinds } from '../../kinds/well-known.ts';
import { nearest } from '../../settings/nearest.ts';

type KindsByType = Readonly<Record<string, PluginKind>>;

/** What a name of a kind looks like; see kind-entry.ts. Nothing is looked for under another one. */
const mayBeRegistered = /^[a-z][a-z0-9_-]{0,31}$/;

export class Kinds {
  /** Kinds that are known without reading anything. Those that the host was given go first. */
  readonly #fixed: KindsByType;
  readonly #registered: KindCatalog | undefined;
  /** The kind that was made of each entry, so that the same entry is the same kind. */
  readonly #made = new Map<string, PluginKind>();

  /** @param fixed Vault's, and those that the program gave: the same objects for as long as the host is open */
  constructor(fixed: KindsByType, registered?: KindCatalog) {
    this.#fixed = fixed;
    this.#registered = registered;
  }

  /**
   * Returns the kind of a type. What is registered is read anew each time, so a host that runs knows a kind that was
   * registered meanwhile.
   *
   * @throws InvalidOptionError for a type that is not known, or whose plugins can't be run; DamagedEntryError; StoreError
   */
  async ofType(type: string): Promise<PluginKind> {
    const found = await this.find(type);
    if (found !== undefined) return found.kind;
    const names = await this.names();
    const meant = nearest(type, names);
    throw new InvalidOptionError(
      'type',
      `this host knows no plugins of type ${JSON.stringify(type)}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      {
        hint: `It knows ${names.join(', ')}. Register a further kind with bulkhead plugin kind register, or pass it as \`kinds\` when you open the host.`,
      },
    );
  }

  /** Returns the kind of a type, and whether it is registered in the directory; `undefined` when there is none. */
  async find(type: string): Promise<{ kind: PluginKind; registered: boolean } | undefined> {
    const fixed = Object.hasOwn(this.#fixed, type) ? this.#fixed[type] : undefined;
    if (fixed !== undefined) return { kind: fixed, registered: false };
    const entry = mayBeRegistered.test(type) ? await this.#registered?.find(type) : undefined;
    if (entry !== undefined) return { kind: this.#kindOf(entry), registered: true };
    const known = wellKnownKind(type);
    if (known === undefined) return undefined;
    if (known.refused === undefined)
      return { kind: this.#kindOf({ ...known, name: type }), registered: false };
    throw new InvalidOptionError('type', `plugins of type ${type} can't be run: ${known.refused}`, {
      hint: `These are ${known.what} (${known.source}).`,
    });
  }

  /** The types of which a plugin of an unknown one may be: well-known ones have to be named. */
  async candidates(): Promise<KindsByType> {
    const { entries = [] } = (await this.#registered?.list()) ?? {};
    const registered = entries.map((entry) => [entry.name, this.#kindOf(entry)] as const);
    return { ...Object.fromEntries(registered), ...this.#fixed };
  }

  async names(): Promise<readonly string[]> {
    const own = Object.keys(await this.candidates());
    const others = Object.entries(wellKnownKinds).filter(([, kind]) => !('refused' in kind));
    return [...new Set([...own, ...others.map(([name]) => name)])];
  }

  #kindOf(entry: Parameters<typeof kindOfData>[0] & { readonly name: string }): PluginKind {
    const key = JSON.stringify(entry);
    const made = this.#made.get(key) ?? kindOfData(entry);
    this.#made.set(key, made);
    return made;
  }
}
