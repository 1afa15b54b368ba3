/**
 * The description of a kind of plugin. The kinds of Vault and OpenBao are in `vault`, those of other well-known programs
 * in `well-known.ts`.
 */
export {
  maySharePlugin,
  type PluginKind,
  type PluginSelfDescription,
  type SharingRule,
} from './plugin-kind.ts';
export { kindOfData, type KindData } from './kind-data.ts';
export { kindOptions, sharing } from './kind-options.ts';
