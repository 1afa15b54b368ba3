/**
 * The longest path of a unix socket that the kernel takes, in bytes: `sun_path` has 108 of them (unix(7)), one for the
 * closing zero. Node 20 would cut a longer path off in silence.
 */
export const longestSocketPath = 107;
