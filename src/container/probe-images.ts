/** Begins the names of the images that a live matrix brings along: by it a host knows those of a matrix that was killed. */
export const probeRepository = 'localhost/bulkhead-probe-';
