/**
 * The longest path of a unix socket that the kernel takes, in bytes: `sun_path` has 108 of them (unix(7)), one of them
 * for the closing zero. Node 20 silently cuts off a longer path.
 */
export const longestSocketPath = 107;
