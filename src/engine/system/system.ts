import type { CallOptions } from '../call-options.ts';
import type { EngineInfo } from './info.ts';
import type { Ping } from './ping.ts';
import type { EngineVersion } from './version.ts';

/** What concerns the engine as a whole. */
export interface System {
  /** Asks whether the engine answers, and who it is. Abort leaves nothing at the engine. */
  ping(options?: CallOptions): Promise<Ping>;
  /**
   * Versions of the engine and its parts. Rootless Docker 26 and 28 in the host's network crash on this question, which
   * shows as an `ENGINE_GONE` error: prefer {@link ping} and {@link info}.
   */
  version(options?: CallOptions): Promise<EngineVersion>;
  /** What the engine is and can do, in the same words for Docker and Podman. Abort leaves nothing at the engine. */
  info(options?: CallOptions): Promise<EngineInfo>;
}
