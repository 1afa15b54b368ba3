import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { callOptions, checkOptions } from '../../settings/option-check.ts';
import { getDiskUsage, type DiskUsage } from './disk-usage.ts';
import { followEvents, type EventsOptions, type EventStream } from './events.ts';
import { getInfo, type EngineInfo } from './info.ts';
import { ping, type Ping } from './ping.ts';
import { getVersion, type EngineVersion } from './version.ts';

/** Operations that concern the engine as a whole. */
export interface System {
  /** Asks whether the engine answers, and which engine it is. Abort leaves nothing at the engine. */
  ping(options?: CallOptions): Promise<Ping>;
  /**
   * Versions of the engine and its parts. Rootless Docker 26 and 28 in the host's network crash on this request, which
   * shows as an `ENGINE_GONE` error: prefer {@link ping} and {@link info}.
   */
  version(options?: CallOptions): Promise<EngineVersion>;
  /** What the engine is and can do, in the same words for Docker and Podman. Abort leaves nothing at the engine. */
  info(options?: CallOptions): Promise<EngineInfo>;
  /**
   * Follows what happens at the engine. Resolves when the engine has begun to report: whatever happens after that is
   * reported. To go on after a break without losing or repeating anything, give the `position` of the last event as
   * `since`.
   *
   * @throws EngineGoneError while iterating, when the engine ends the connection
   * @remarks Abort, before or after it resolved, closes the connection.
   *
   * @example
   * for await (const { action, id } of await engine.system.events({ filters: { type: ['container'] } })) { ... }
   */
  events(options?: EventsOptions): Promise<EventStream>;
  /**
   * Returns how much space images, containers and volumes take. The engine may need long. Abort leaves nothing at the
   * engine.
   */
  diskUsage(options?: CallOptions): Promise<DiskUsage>;
}

export function systemOf(client: EngineClient): System {
  return {
    ping: async (options = {}) => ping(client.transport, checkOptions('system.ping', callOptions, options)),
    version: async (options = {}) => getVersion(client, checkOptions('system.version', callOptions, options)),
    info: async (options = {}) => getInfo(client, checkOptions('system.info', callOptions, options)),
    events: (options) => followEvents(client, options),
    diskUsage: async (options = {}) =>
      getDiskUsage(client, checkOptions('system.diskUsage', callOptions, options)),
  };
}
