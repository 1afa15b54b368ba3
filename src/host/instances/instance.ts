/**
 * Keeps one plugin running: starts it, watches it, and starts another when it ends. instance-state.ts lists its states.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { orAborted } from '../../abort.ts';
import { BulkheadError, isTransient } from '../../errors.ts';
import { PluginError, type OutputTail, type PluginExit } from '../../goplugin/index.ts';
import { CrashLoopError } from '../errors.ts';
import { describeEnd, type Generation } from './generation.ts';
import { exitOf, Generations } from './generations.ts';
import { watchHealth } from './health.ts';
import type { InstanceOptions } from './instance-options.ts';
import type { InstanceState } from './instance-state.ts';
import { notReady, whyHopeless } from './not-ready.ts';
import { PluginLog } from './plugin-log.ts';
import type { ResolvedPlugin } from '../resolved-plugin.ts';
import { RestartPolicy } from './restart-policy.ts';
import type { Report } from '../reporting/report.ts';
import type { Wait } from '../mounts/route.ts';
import { Spare } from './spare.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** Keeps and starts instances. */
export interface InstanceKeeper {
  readonly report: Report;
  /** How many calls may wait for an instance. */
  readonly waitingCalls: number;
  /** Launches one plugin of the instance. Abort leaves nothing behind. */
  launch(instance: Instance, generation: number, signal: AbortSignal): Promise<Generation>;
  /** Called at every change of state. */
  changed(instance: Instance, from: InstanceState): void;
}

export class Instance {
  readonly id = randomBytes(6).toString('hex');
  readonly plugin: ResolvedPlugin;
  readonly log = new PluginLog();
  readonly options: InstanceOptions;
  /** Whether several mounts may use it; `undefined` until the plugin has been asked. */
  shared: boolean | undefined;
  drift: readonly string[] = [];
  restarts = 0;
  lastEnd: { readonly at: Date; readonly reason: string; readonly exit: PluginExit | undefined } | undefined;
  readonly #keeper: InstanceKeeper;
  readonly #policy: RestartPolicy;
  readonly #life = new AbortController();
  readonly #waiting: WaitingCalls;
  readonly #spare: Spare;
  readonly #generations: Generations;
  #state: InstanceState = { name: 'starting', since: new Date() };
  #current: Generation | undefined;
  #reset: () => void = () => undefined;
  #supervision: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(plugin: ResolvedPlugin, keeper: InstanceKeeper, options: InstanceOptions = {}) {
    this.plugin = plugin;
    this.options = options;
    this.#keeper = keeper;
    this.#policy = new RestartPolicy(options.restart);
    this.#waiting = new WaitingCalls(this.#title, keeper.waitingCalls);
    this.#generations = new Generations((number, signal) => keeper.launch(this, number, signal));
    this.#spare = new Spare({
      start: (signal) => this.#generations.start(signal),
      ready: () => {
        keeper.changed(this, this.#state);
      },
      ended: (spare) => {
        this.#tidy(spare);
      },
      failed: (error) => {
        keeper.report.warn('a spare plugin could not be started', { instance: this.id, error });
      },
    });
  }

  get state(): InstanceState {
    return this.#state;
  }

  /** The plugin that calls can be sent to at this moment. */
  get serving(): Generation | undefined {
    const current = this.#current;
    return current?.usable === true && this.#state.name === 'ready' ? current : undefined;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get hasSpare(): boolean | undefined {
    return this.options.warmSpare === true ? this.#spare.current?.usable === true : undefined;
  }

  /**
   * Starts the first plugin, which is kept running from then on.
   *
   * @throws why it could not be started; the instance is stopped then
   */
  async open({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<Generation> {
    const { signal: ending } = this.#life;
    try {
      const first = await this.#generations.start(
        signal === undefined ? ending : AbortSignal.any([signal, ending]),
      );
      this.#supervision = this.#supervise(first);
      if (this.options.warmSpare === true) void this.#spare.keep(ending);
      return first;
    } catch (error) {
      await this.stop('it could not be started');
      throw error;
    }
  }

  /**
   * Waits for a plugin that serves.
   *
   * @throws CrashLoopError; HostLimitError when too many wait; `INSTANCE_NOT_READY` after `waitMs`; `INSTANCE_STOPPED`;
   *   `PLUGIN_CALL_TIMEOUT` at the deadline; the signal's reason
   */
  async ready({ signal, deadline }: Wait = {}): Promise<Generation> {
    const { waitMs = 60_000 } = this.options;
    const begun = performance.now();
    for (;;) {
      signal?.throwIfAborted();
      const serving = this.serving;
      if (serving !== undefined) return serving;
      const hopeless = whyHopeless(this.#state, this.#title);
      if (hopeless !== undefined) throw hopeless;
      const now = performance.now();
      if (deadline !== undefined && now >= deadline) {
        throw notReady('PLUGIN_CALL_TIMEOUT', this.#state, this.#title, now - begun);
      }
      if (now - begun >= waitMs) throw notReady('INSTANCE_NOT_READY', this.#state, this.#title, now - begun);
      await this.#waiting.next(Math.min(deadline ?? Infinity, begun + waitMs) - now, signal);
    }
  }

  /** Starts an instance that was given up, or that waits for its next start, at once. */
  reset(): void {
    this.#policy.reset();
    this.#reset();
  }

  /** Stops new calls from being sent to the plugin; the calls that it has may end. */
  drain(): void {
    if (this.#state.name !== 'stopped') this.#to({ name: 'draining', since: new Date() });
  }

  /** Ends its plugins and removes their containers. Idempotent; resolves when nothing of it is left. */
  stop(reason: string, { graceMs }: { graceMs?: number | undefined } = {}): Promise<void> {
    this.#stopping ??= this.#stop(reason, graceMs ?? this.options.stopGraceMs);
    return this.#stopping;
  }

  async #supervise(first: Generation): Promise<void> {
    const { signal } = this.#life;
    let generation: Generation | undefined = first;
    while (generation !== undefined && !signal.aborted) {
      this.#serve(generation);
      using _health = watchHealth(generation, this.options.health);
      const end = await orAborted(generation.ended, signal).catch(() => undefined);
      if (end === undefined || this.#state.name === 'draining') return; // nobody needs another plugin
      const reason = describeEnd(end);
      this.lastEnd = { at: new Date(), reason, exit: end.cause === 'exited' ? end.exit : undefined };
      this.restarts += 1;
      this.#to({ name: 'restarting', since: new Date(), reason });
      this.#tidy(generation);
      generation = await this.#replace(generation, reason).catch((error: unknown) => {
        if (!signal.aborted) throw error;
        return undefined;
      });
    }
  }

  #serve(generation: Generation): void {
    this.#current = generation;
    this.#to({
      name: 'ready',
      since: new Date(),
      containerId: generation.plugin.id,
      handshake: generation.plugin.handshake,
    });
  }

  /** Returns the next plugin: the spare, or a newly started one, as often as the policy allows. */
  async #replace(ended: Generation, reason: string): Promise<Generation> {
    const { signal } = this.#life;
    let output = (): OutputTail => this.log.tail(ended.number);
    let failure: { reason: string; cause?: unknown; transient?: boolean } = { reason };
    for (let servedMs = Date.now() - ended.startedAt.getTime(); ; servedMs = 0) {
      const step = this.#policy.failed(performance.now(), servedMs, failure);
      if (step.kind === 'give-up') {
        await exitOf(ended); // by then its last output has been read
        await this.#giveUp(step.failures, output(), failure);
      } else if (step.delayMs > 0) await this.#backOff(step.delayMs, failure.reason);
      const spare = this.#spare.take();
      if (spare !== undefined) return spare;
      if (this.#state.name !== 'restarting') {
        this.#to({ name: 'restarting', since: new Date(), reason: failure.reason });
      }
      try {
        return await this.#generations.start(signal);
      } catch (error) {
        signal.throwIfAborted();
        failure = { reason: (error as Error).message, cause: error, transient: isTransient(error) };
        if (error instanceof PluginError) output = () => error.output;
        this.#keeper.report.warn('a plugin could not be started again', { instance: this.id, error });
      }
    }
  }

  async #backOff(delayMs: number, reason: string): Promise<void> {
    const until = new Date(Date.now() + delayMs);
    this.#to({ name: 'backing-off', since: new Date(), until, reason });
    await this.#untilReset(delayMs);
  }

  async #giveUp(
    failures: number,
    output: OutputTail,
    { reason, cause }: { reason: string; cause?: unknown },
  ): Promise<void> {
    const { windowMs } = this.#policy;
    const error = new CrashLoopError(this.#title, this.id, { failures, windowMs, output, cause });
    this.#to({ name: 'failed', since: new Date(), reason, error });
    await this.#untilReset();
    this.#policy.reset();
  }

  /** Resolves after the delay, or earlier when the instance is reset. @throws when it is stopped */
  async #untilReset(delayMs?: number): Promise<void> {
    const early = new AbortController();
    this.#reset = () => {
      early.abort();
    };
    const signal = AbortSignal.any([early.signal, this.#life.signal]);
    try {
      // This timer keeps the process alive, as the plugin that it waits for would.
      if (delayMs !== undefined) await delay(delayMs, undefined, { signal });
      else await orAborted(new Promise<never>(() => undefined), signal);
    } catch {
      this.#life.signal.throwIfAborted();
    } finally {
      this.#reset = () => undefined;
    }
  }

  /** Removes a plugin that ended, in the background: the next one does not wait for it. */
  #tidy(generation: Generation): void {
    const noteExit = (exit: PluginExit): void => {
      if (this.lastEnd === undefined || this.lastEnd.exit !== undefined) return;
      this.lastEnd = { ...this.lastEnd, exit, reason: describeEnd({ cause: 'exited', exit }) };
    };
    this.#generations.remove(generation, noteExit).catch((error: unknown) => {
      this.#keeper.report.warn('a plugin that ended could not be removed', { instance: this.id, error });
    });
  }

  async #stop(reason: string, graceMs: number | undefined): Promise<void> {
    const spare = this.#spare.current;
    this.#life.abort(
      new BulkheadError('INSTANCE_STOPPED', `the instance of ${this.#title} was stopped: ${reason}`),
    );
    this.#to({ name: 'stopped', since: new Date(), reason });
    await Promise.allSettled([this.#supervision, this.#generations.started()]);
    await this.#generations.removeAll(graceMs, spare);
  }

  #to(state: InstanceState): void {
    const from = this.#state;
    if (from.name === 'stopped') return;
    if (from.name === 'draining' && state.name !== 'stopped') return;
    this.#state = state;
    this.#waiting.wake();
    this.#keeper.changed(this, from);
  }

  get #title(): string {
    const { type, name, version } = this.plugin;
    return [type, name, version].join(' ').trim();
  }
}
