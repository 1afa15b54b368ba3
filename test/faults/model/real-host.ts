/** The same steps, taken by a real host on a real engine. */
import { BulkheadError, type Mount, type PluginHost } from '../../../src/index.ts';
import { containerOf, nextEvent, type Cell, type KeyValue } from '../../host/cell.ts';
import type { Driver, Outcome, Step } from './model.ts';

export class RealHost implements Driver {
  readonly #cell: Cell;
  readonly #host: PluginHost;
  readonly #mounts = new Map<string, Mount>();
  /** The edition of the entry with which each mount was made or reloaded is among the arguments of its plugin. */
  readonly #editions = new Map<string, string>();

  private constructor(cell: Cell, host: PluginHost) {
    this.#cell = cell;
    this.#host = host;
  }

  static async open(cell: Cell): Promise<RealHost> {
    return new RealHost(cell, await cell.open({ restart: { delayMs: 0, maxFailures: Infinity } }));
  }

  async take(step: Step): Promise<Outcome> {
    try {
      return { value: await this.#do(step) };
    } catch (error) {
      return { code: BulkheadError.from(error).code };
    }
  }

  async #do(step: Step): Promise<string> {
    const { plugins } = this.#host;
    switch (step.do) {
      case 'register':
        await plugins.register(
          { type: 'single', name: step.name, ociImage: this.#cell.image, args: ['serve', step.edition] },
          { skipProbe: true },
        );
        this.#editions.set(step.name, step.edition);
        return '';
      case 'deregister':
        await plugins.deregister('single', step.name);
        return '';
      case 'mount': {
        const mount = await this.#host.mount('single', step.name, { id: step.mount });
        this.#mounts.set(step.mount, mount);
        return this.#editions.get(step.name) ?? '';
      }
      case 'unmount':
        await this.#mounts.get(step.mount)?.close();
        return '';
      case 'put':
        await this.#client(step.mount).put({ key: step.key, value: Buffer.from(step.value) });
        return '';
      case 'get':
        return Buffer.from((await this.#client(step.mount).get({ key: step.key })).value).toString();
      case 'kill': {
        const mount = this.#mounts.get(step.mount);
        if (mount === undefined || mount.closed) return '';
        const again = startedAgain(mount);
        await this.#cell.engine.containers.kill(containerOf(mount.instance));
        await again;
        return '';
      }
      case 'crash': {
        const client = this.#client(step.mount);
        const mount = this.#mounts.get(step.mount);
        const again = mount === undefined || mount.closed ? undefined : startedAgain(mount);
        try {
          await client.put({ key: 'crash', value: Buffer.alloc(0) });
          return '';
        } finally {
          await again;
        }
      }
      case 'reload':
        return String(await this.#host.reload('single', step.name));
    }
  }

  #client(name: string): KeyValue {
    const mount = this.#mounts.get(name);
    if (mount === undefined) throw new BulkheadError('MOUNT_CLOSED', `there is no mount ${name}`);
    return mount.client<KeyValue>(this.#cell.definition);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.close();
  }
}

/** Resolves when another plugin serves the mount. */
function startedAgain(mount: Mount): Promise<unknown> {
  const { id } = mount.instance;
  return nextEvent(
    'bulkhead:instance',
    ({ instance, from }) =>
      instance.id === id && from.name === 'restarting' && instance.state.name === 'ready',
  );
}
