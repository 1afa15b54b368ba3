/** How shells complete the type of a plugin, which is the name of a kind. */
export { kindWords as pluginTypes } from '../kind/kind-words.ts';
