/**
 * Start of the names of the images that a live matrix brings along. By it a host finds those of a matrix that was
 * killed.
 */
export const probeRepository = 'localhost/bulkhead-probe-';
