/** Path of the socket directory in the container. Not below /tmp, because runsc may cover that with a private tmpfs. */
export const containerSocketDirectory = '/run/bulkhead';
