/**
 * The contract of a host in a page: what is registered, which mounts there are, and what each of them keeps. Every step has
 * one right outcome, which the simulated host and a real one must both have.
 */

export type Step =
  | { readonly do: 'register'; readonly name: string; readonly edition: string }
  | { readonly do: 'deregister'; readonly name: string }
  | { readonly do: 'mount'; readonly mount: string; readonly name: string }
  | { readonly do: 'unmount'; readonly mount: string }
  | { readonly do: 'put'; readonly mount: string; readonly key: string; readonly value: string }
  | { readonly do: 'get'; readonly mount: string; readonly key: string }
  /** Ends the plugin of the mount behind the host's back; the next call must be served by a new one. */
  | { readonly do: 'kill'; readonly mount: string }
  /** A call that ends its plugin. It may have been carried out, so the caller is told so, and it is not sent again. */
  | { readonly do: 'crash'; readonly mount: string }
  | { readonly do: 'reload'; readonly name: string };

/** A value, or the code of the error. */
export type Outcome = { readonly value: string } | { readonly code: string };

const done: Outcome = { value: '' };

interface MountState {
  readonly name: string;
  /** The edition that runs: an edit of the catalog does not change it, a reload does. */
  edition: string;
  /** What this plugin keeps in memory. A plugin that takes its place begins with nothing. */
  kept: Map<string, string>;
}

export class Model {
  readonly registered = new Map<string, string>();
  readonly mounts = new Map<string, MountState>();

  /** Takes the step, and returns its only right outcome. */
  take(step: Step): Outcome {
    switch (step.do) {
      case 'register':
        this.registered.set(step.name, step.edition);
        return done;
      case 'deregister':
        this.registered.delete(step.name); // removing what is not there is done already
        return done;
      case 'mount': {
        const edition = this.registered.get(step.name);
        if (edition === undefined) return { code: 'CATALOG_NOT_FOUND' };
        if (this.mounts.has(step.mount)) return { code: 'MOUNT_TAKEN' };
        this.mounts.set(step.mount, { name: step.name, edition, kept: new Map() });
        return { value: edition };
      }
      case 'unmount':
        this.mounts.delete(step.mount);
        return done;
      case 'put': {
        const mount = this.mounts.get(step.mount);
        if (mount === undefined) return { code: 'MOUNT_CLOSED' };
        mount.kept.set(step.key, step.value);
        return done;
      }
      case 'get': {
        const mount = this.mounts.get(step.mount);
        if (mount === undefined) return { code: 'MOUNT_CLOSED' };
        const value = mount.kept.get(step.key);
        return value === undefined ? { code: 'PLUGIN_CALL_FAILED' } : { value };
      }
      case 'crash': {
        const mount = this.mounts.get(step.mount);
        if (mount === undefined) return { code: 'MOUNT_CLOSED' };
        mount.kept = new Map();
        return { code: 'CALL_OUTCOME_UNKNOWN' };
      }
      case 'kill': {
        const mount = this.mounts.get(step.mount);
        if (mount !== undefined) mount.kept = new Map();
        return done;
      }
      case 'reload': {
        const moved = [...this.mounts.values()].filter(({ name }) => name === step.name);
        const edition = this.registered.get(step.name);
        if (moved.length === 0) return { value: '0' };
        if (edition === undefined) return { code: 'RELOAD_FAILED' };
        for (const mount of moved) Object.assign(mount, { edition, kept: new Map() });
        return { value: String(moved.length) };
      }
    }
  }
}

/** What carries out the steps: a host, simulated or real. */
export interface Driver extends AsyncDisposable {
  take(step: Step): Promise<Outcome>;
}
