/** Checks the options of a launch and of its container before anything is done. */
import {
  anyOf,
  callback,
  checkShape,
  filledText,
  flag,
  listOf,
  oneOf,
  recordOf,
  required,
  shapeOf,
  text,
  type Check,
  type Shape,
} from '../settings/option-shape.ts';
import { userPath } from '../settings/user-path.ts';
import { settingChecks } from '../settings/setting-list.ts';
import type { LaunchOptions } from './launch.ts';
import type { PluginContainerOptions } from './options.ts';

/** Every option of a plugin's container. */
export const containerChecks: Shape<PluginContainerOptions> = {
  ...settingChecks,
  image: required(filledText),
  title: text,
  runtime: filledText,
  entrypoint: listOf(text),
  args: listOf(text),
  env: recordOf(required(text)),
  mlock: flag,
  override: oneOf('unknown', 'refused'),
  imageCacheDirectory: userPath,
  labels: anyOf(callback, recordOf(required(text))),
  socketDirectory: userPath,
};

/** Options that `startPlugin` checks by itself. */
const asked: Check = () => undefined;

const launch = required(
  shapeOf<LaunchOptions>({
    ...containerChecks,
    handshake: asked,
    protocolVersions: asked,
    autoMtls: asked,
    brokerMultiplex: flag,
    maxMessageBytes: asked,
    startTimeoutMs: asked,
    signal: asked,
    onLog: asked,
    onOutput: asked,
    onOutputGap: asked,
  }),
);

/** @throws InvalidOptionError */
export function checkLaunchOptions(operation: string, options: unknown): void {
  checkShape(operation, launch, options);
}

/** Checks launch options that are the field `launch` of other options. @throws InvalidOptionError */
export function checkLaunchWithin(operation: string, outer: unknown): void {
  const given = typeof outer === 'object' && outer !== null && 'launch' in outer ? outer.launch : undefined;
  checkShape(operation, required(shapeOf<{ launch: unknown }>({ launch })), { launch: given });
}
