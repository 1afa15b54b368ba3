/** The types that are known without a host that defines further ones. */
export const pluginTypes = ['auth', 'secret', 'database'] as const;
