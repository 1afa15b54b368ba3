import type { LaunchStrategy } from '../compatibility/index.ts';
import type { Engine } from '../engine/index.ts';
import { BulkheadError } from '../errors.ts';
import { appArmorDifference, confinesByAppArmor } from './apparmor-proof.ts';
import { AttestationError } from './attestation.ts';
import { proveGvisor } from './gvisor-proof.ts';

/** A container that has just been started. */
export interface StartedContainer {
  readonly engine: Engine;
  readonly id: string;
  readonly name: string;
  readonly strategy: Pick<LaunchStrategy, 'proveGvisor' | 'runtime'>;
}

/**
 * Throws unless what only a running container shows is as it should be: gVisor runs it where it was asked for, and the
 * engine's profile of AppArmor is in force. Whoever started the container then ends it before speaking with it.
 */
export async function proveStarted(
  { engine, id, name, strategy }: StartedContainer,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!strategy.proveGvisor && !confinesByAppArmor(engine.info)) return;
  const seen = await engine.containers.inspect(id, { signal }); // one look is enough for both
  if (strategy.proveGvisor && (await proveGvisor(engine, id, { signal, seen })) === 'disproved') {
    throw new BulkheadError(
      'GVISOR_NOT_PROVED',
      `${name} was started by ${strategy.runtime}, and does not run under gVisor`,
      { hint: 'Check which program the engine runs under the name of this runtime.' },
    );
  }
  const difference = await appArmorDifference(engine, id, { sandboxed: strategy.proveGvisor, signal, seen });
  if (difference !== undefined) throw new AttestationError(engine, [difference], { started: true });
}
