/** A simulated plugin in its container: it keeps values, and can be lost before a call reaches it, and after it has carried one out. */
import { PluginCallError, PluginExitedError, type MethodDefinition } from '../../../src/goplugin/index.ts';
import type { Random } from '../../../src/soak/random.ts';

/** A call of a mount. Each is an object of its own, which tells it from every other, however often it is sent. */
export interface SimulatedCall {
  readonly carryOut: (kept: Map<string, string>) => string;
  /** Whether the plugin is lost after it has carried out the call, before its answer arrives. */
  readonly isLost: boolean;
}

const unused = (): never => {
  throw new Error('nothing is written to a simulated plugin');
};

export const simulatedService = {
  Call: {
    path: '/simulated.Plugin/Call',
    requestStream: false,
    responseStream: false,
    requestSerialize: unused,
    requestDeserialize: unused,
    responseSerialize: unused,
    responseDeserialize: unused,
  } satisfies MethodDefinition<SimulatedCall, string>,
};

interface Surroundings {
  readonly random: Random;
  /** The virtual clock. */
  readonly now: () => number;
  /** Told of each call that the plugin carries out. Returns how often that was done before. */
  readonly carriedOut: (call: SimulatedCall) => number;
  readonly ended: () => void;
}

/** What is simulated of a generation of a plugin. */
export class SimulatedPlugin {
  readonly startedAt: number;
  endedAt: number | undefined;
  /** Whether a call has met the end of the plugin. */
  isKnownLost = false;
  readonly plugin: { readonly name: string; readonly client: () => object };
  readonly #kept = new Map<string, string>();
  readonly #around: Surroundings;

  constructor(name: string, around: Surroundings) {
    this.startedAt = around.now();
    this.#around = around;
    const call = (request: SimulatedCall): Promise<string> =>
      Promise.resolve(request).then((sent) => this.#serve(name, sent));
    this.plugin = { name, client: () => ({ Call: call }) };
  }

  get usable(): boolean {
    return this.endedAt === undefined;
  }

  end(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = this.#around.now();
    this.#around.ended();
  }

  #serve(name: string, call: SimulatedCall): string {
    if (this.endedAt !== undefined) {
      this.isKnownLost = true;
      throw this.#lostBefore(name);
    }
    const answer = call.carryOut(this.#kept);
    // Who sends it again gets an answer, so that this ends.
    if (this.#around.carriedOut(call) > 0 || !call.isLost) return answer;
    this.end();
    this.isKnownLost = true;
    throw this.#lostAfterwards(name);
  }

  /** The call did not reach the plugin: the connection proves it, or the engine's record of the plugin's end does. */
  #lostBefore(name: string): PluginExitedError {
    const proof =
      this.#around.random.below(2) === 0
        ? ({ reached: 'no' } as const)
        : { exit: { code: 137, endedAt: new Date(Date.now() - 1_000) } };
    return new PluginExitedError('PLUGIN_EXITED', name, { phase: 'call', plugin: name, ...proof });
  }

  /** Nothing proves that the call was not carried out. */
  #lostAfterwards(name: string): PluginExitedError | PluginCallError {
    const lost = { phase: 'call', plugin: name } as const;
    const manner = this.#around.random.below(4);
    if (manner === 0) {
      const status = { method: simulatedService.Call.path, status: 'UNAVAILABLE', details: '', metadata: {} };
      return new PluginCallError('PLUGIN_CALL_FAILED', name, { ...lost, ...status });
    }
    if (manner === 1) return new PluginExitedError('PLUGIN_EXITED', name, { ...lost, exit: { code: 2 } });
    // The clock of the machine is set back during the call, so that the plugin seems to have ended before it.
    if (manner === 2) setClockBack();
    return new PluginExitedError('PLUGIN_EXITED', name, {
      ...lost,
      exit: { code: 2, endedAt: new Date(Date.now()) },
    });
  }
}

const { now } = Date;
const hour = 3_600_000;

function setClockBack(): void {
  Date.now = () => now.call(Date) - hour;
}

/** Ends what `setClockBack` has begun, after the call. */
export function setClockRight(): void {
  Date.now = now;
}
