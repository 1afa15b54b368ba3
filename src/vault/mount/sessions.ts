/** The plugins of one mount: usually one, two while a reload moves the mount. */
import { orAborted } from '../../abort.ts';
import type { Plugin } from '../../goplugin/index.ts';
import type { MountContext } from '../../host/index.ts';
import { Session, type SessionSettings } from './session.ts';
import { readSpecialPaths, type SpecialPaths } from './special-paths.ts';

/** How long a request waits for its plugin to hear of changes by others. Beyond it the plugin may answer from stale caches. */
const informMs = 5_000;

export class Sessions {
  readonly #settings: Omit<SessionSettings, 'version'>;
  readonly #sessions = new Map<Plugin, Session>();
  #latest: Session | undefined;

  constructor(settings: Omit<SessionSettings, 'version'>) {
    this.#settings = settings;
  }

  get specialPaths(): SpecialPaths {
    return this.#current?.specialPaths ?? readSpecialPaths(null);
  }

  get reportedVersion(): string {
    return this.#current?.reportedVersion ?? '';
  }

  /** The newest that is there: one of a reload that failed has gone. While there is none, what was there last. */
  get #current(): Session | undefined {
    return [...this.#sessions.values()].at(-1) ?? this.#latest;
  }

  /** Sets a plugin up. @throws `VAULT_SETUP_REFUSED`, `PLUGIN_MISMATCH`, the errors of a call */
  async open(plugin: Plugin, context: MountContext): Promise<void> {
    const session = await Session.open(plugin, { ...this.#settings, version: context.version }, context);
    this.#sessions.set(plugin, session);
    this.#latest = session;
    void plugin.disconnected.then(() => this.#sessions.delete(plugin));
  }

  async cleanUp(plugin: Plugin, { signal }: MountContext): Promise<void> {
    const session = this.#sessions.get(plugin);
    this.#sessions.delete(plugin);
    await session?.cleanUp(signal);
  }

  invalidate(key: string): void {
    for (const session of this.#sessions.values()) session.invalidate(key);
  }

  /** Waits until the plugins know of all changes that others have made to their data. */
  async informed(signal: AbortSignal | undefined): Promise<void> {
    const telling = [...this.#sessions.values()].flatMap(({ informed }) => informed ?? []);
    if (telling.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, informMs);
    });
    try {
      await orAborted(Promise.race([Promise.all(telling), late]), signal);
    } finally {
      clearTimeout(timer);
    }
  }
}
