/** Chooses the protocol version that a plugin speaks with this host (go-plugin: server.go, protocolVersion). Pure. */

/**
 * Returns the highest own version that the host listed; if there is none, the lowest own one, which the host then
 * refuses by name.
 *
 * @param offered the host's list, as it stands in the environment; entries that are not plain integers are skipped
 */
export function chooseVersion(own: readonly number[], offered: string | undefined): number {
  const hosts = new Set(
    (offered ?? '')
      .split(',')
      .filter((entry) => /^[+-]?\d+$/.test(entry))
      .map(Number),
  );
  const descending = [...own].sort((a, b) => b - a);
  return descending.find((version) => hosts.has(version)) ?? descending.at(-1) ?? 1;
}
