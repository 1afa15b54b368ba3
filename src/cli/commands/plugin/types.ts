/** The types of plugins that every host knows. */
export const pluginTypes = ['auth', 'secret', 'database'] as const;
