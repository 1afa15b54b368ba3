/** Returns the id that the container's id 0 has on the host; `undefined` where the map is not known or has none. */
export function hostIdOfRoot(
  ids: readonly { readonly containerId: number; readonly hostId: number }[] | undefined,
): number | undefined {
  return ids?.find(({ containerId }) => containerId === 0)?.hostId;
}
