import type { CreateContainerOptions, Engine, InspectedContainer } from '../engine/index.ts';
import { BulkheadError, nameErrorClass } from '../errors.ts';
import { remediesFor } from './attested/remedies.ts';
import type { AttestationContext } from './attested/setting.ts';
import { attestedSettings } from './attested/settings.ts';

/** A setting that the engine made differently from the request. */
export interface Difference {
  readonly setting: string;
  readonly asked: string;
  readonly made: string;
}

/**
 * Thrown when the container differs from what was requested: before the start, or right after it where only a running
 * container shows the difference. The container is removed.
 */
export class AttestationError extends BulkheadError {
  static {
    nameErrorClass(this, 'AttestationError');
  }

  readonly differences: readonly Difference[];

  constructor(
    engine: Pick<Engine, 'kind' | 'version'>,
    differences: readonly Difference[],
    { started = false }: { readonly started?: boolean } = {},
  ) {
    const list = differences.map(({ setting, asked, made }) => `${setting}: asked ${asked}, made ${made}`);
    super(
      'ATTESTATION_FAILED',
      `${engine.kind} ${engine.version} created a container that differs from the request: ${list.join('; ')}`,
      {
        hint: `The container was ${started ? 'ended before anything was sent to it' : 'not started'}. ${remediesFor(
          engine,
          differences.map(({ setting }) => setting),
        )}`,
      },
    );
    this.differences = differences;
  }
}

/**
 * Compares the container that the engine created with the request, setting by setting, because engines drop settings
 * silently. A setting that a request can't ask for, or leaves at a safe default, must be at that default.
 *
 * @returns every difference; empty when the container may be started. It holds no values of variables, labels or
 *   arguments.
 */
export function attest(
  asked: CreateContainerOptions,
  made: InspectedContainer,
  context: AttestationContext = {},
): Difference[] {
  return attestedSettings.flatMap(({ name, compare }) =>
    compare({ asked, made, ...context }).map(({ part, ...sides }) => ({
      setting: part === undefined ? name : `${name} ${part}`,
      ...sides,
    })),
  );
}
