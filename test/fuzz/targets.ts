/** Every parser that reads what a plugin, an image, an engine or another process wrote. */
import type { FuzzTarget } from './target.ts';
import { engineTargets } from './targets/engine.ts';
import { fileTargets } from './targets/files.ts';
import { http2Targets } from './targets/http2.ts';
import { imageTargets } from './targets/image.ts';
import { pluginTargets } from './targets/plugin.ts';
import { programTargets } from './targets/program.ts';
import { wireTargets } from './targets/wire.ts';

export const targets: readonly FuzzTarget[] = [
  ...pluginTargets,
  ...wireTargets,
  ...http2Targets,
  ...imageTargets,
  ...programTargets,
  ...engineTargets,
  ...fileTargets,
];
