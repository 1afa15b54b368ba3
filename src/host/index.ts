/** The plugin host: plugins in containers, supervised. */
export { hostLabels, PluginHost, type PluginHostOptions } from './plugin-host.ts';
