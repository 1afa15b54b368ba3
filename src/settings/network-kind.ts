/** What the words of a network setting mean, which differs between the engines. */
export type NetworkKind =
  | 'none'
  /** The namespace of the engine's host. */
  | 'host'
  /** The namespace of another container: `container:NAME`. */
  | 'container'
  /** A namespace that is named by a path: `ns:PATH`. Podman only. */
  | 'namespace'
  /** The engine's own default. */
  | 'default'
  /** A program that passes traffic on in user mode: `pasta`, `slirp4netns`. Podman only. */
  | 'user-mode'
  /** A network of the engine, by its name or id. */
  | 'named';

/** @param network what was asked for; nothing is the engine's default */
export function networkKind(engine: 'docker' | 'podman', network: string): NetworkKind {
  if (network === 'none' || network === 'host') return network;
  if (network.startsWith('container:')) return 'container';
  if (network === '' || network === 'default' || network === 'bridge') return 'default';
  if (engine === 'docker') return 'named';
  if (network === 'private') return 'default';
  if (network.startsWith('ns:')) return 'namespace';
  return /^(slirp4netns|pasta)(:|$)/.test(network) ? 'user-mode' : 'named';
}
