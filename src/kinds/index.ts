/**
 * The description of a kind of plugin. The kinds of Vault and OpenBao are in `vault`, and loaded when they are needed.
 */
export {
  maySharePlugin,
  type PluginKind,
  type PluginSelfDescription,
  type SharingRule,
} from './plugin-kind.ts';
export { kindOptions, sharing } from './kind-options.ts';
