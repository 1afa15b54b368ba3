import type { CreateContainerOptions } from '../../engine/index.ts';
import { isolationSettings, runtimeSettings } from './isolation.ts';
import { mountSettings } from './mounts.ts';
import { networkSettings } from './network.ts';
import { programSettings } from './program.ts';
import { resourceSettings } from './resources.ts';
import type { AttestedSetting } from './setting.ts';

/** All settings that are compared between a request and the container that the engine made. */
export const attestedSettings: readonly AttestedSetting[] = [
  ...runtimeSettings,
  ...networkSettings,
  ...isolationSettings,
  ...mountSettings,
  ...resourceSettings,
  ...programSettings,
];

/** Options of a create request that are not compared, each with the reason. A test holds both lists against each other. */
export const notAttested: Readonly<Partial<Record<keyof CreateContainerOptions, string>>> = {
  stdinOnce: 'it says what becomes of a stdin, and none is ever opened',
  logOptions: 'they go with log drivers that keep something, and none is kept',
  platform: 'the image is attested by its id, and its platform is judged before',
  signal: 'it is for the call and no setting of the container',
};
