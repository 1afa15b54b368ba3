/** Who answers on a socket, told by the headers of `_ping` alone. */
export interface Ping {
  readonly kind: 'docker' | 'podman';
  /** The engine's version; `undefined` when its `Server` header does not say. */
  readonly version: string | undefined;
  /** The highest Docker API version that the engine speaks (Podman: claims). */
  readonly apiVersion: string;
}
