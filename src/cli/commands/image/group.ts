import type { CommandGroup } from '../../command.ts';
import { build } from './build.ts';
import { load } from './load.ts';

export const image: CommandGroup = {
  name: 'image',
  summary: 'images of plugins, without Dockerfile and registry',
  commands: [load, build],
};
