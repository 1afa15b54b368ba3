/**
 * Converts a namespace mode: Docker writes `keep-id:uid=1`, libpod wants the two parts apart (podman
 * `pkg/specgen/namespaces.go`).
 */
export function podmanNamespace(mode: string | undefined): object | undefined {
  if (mode === undefined || mode === '') return undefined;
  const [, nsmode = mode, value] = /^([^:]+):(.*)$/.exec(mode) ?? [];
  return value === undefined ? { nsmode } : { nsmode, value };
}

const networkModes = ['none', 'host', 'bridge', 'private', 'slirp4netns', 'pasta', 'container', 'ns'];

/** Converts a network mode. A mode that is not one of Podman's own is the name of a network. */
export function podmanNetwork(mode: string | undefined): object {
  if (mode === undefined || mode === '' || mode === 'default') return {};
  if (networkModes.includes(mode.split(':', 1)[0] ?? '')) return { netns: podmanNamespace(mode) };
  return { netns: { nsmode: 'bridge' }, Networks: { [mode]: {} } };
}
