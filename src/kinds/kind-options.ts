/** Checks a kind of plugin that is passed to a host. */
import { magicCookieChecks, maxMessageBytes, protocolVersionChecks } from '../goplugin/internal.ts';
import {
  anyOf,
  callback,
  oneOf,
  recordOf,
  required,
  shapeOf,
  text,
  type Check,
} from '../settings/option-shape.ts';
import type { PluginKind } from './plugin-kind.ts';

/** Whether several mounts may share an instance. */
export const sharing: Check = anyOf(callback, oneOf('ask', 'always', 'never'));

export const kindOptions: Check = required(
  shapeOf<PluginKind>({
    handshake: required(magicCookieChecks),
    protocolVersions: required(protocolVersionChecks),
    maxMessageBytes,
    env: recordOf(text),
    mlockEnv: recordOf(text),
    sharing: required(sharing),
    metadata: callback,
    probe: callback,
  }),
);
