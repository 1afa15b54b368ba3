/**
 * Whether this run tries everything, as `BULKHEAD_EVERYTHING=yes` asks: each case on every engine, and full numbers of what
 * is done many times. A run without it has its share of both.
 */
export const everything = process.env['BULKHEAD_EVERYTHING'] === 'yes';
