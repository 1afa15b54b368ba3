import type { CommandGroup } from '../../command.ts';
import { deregister as deregisterRuntime } from '../runtime/deregister.ts';
import { info as runtimeInfo } from '../runtime/info.ts';
import { list as listRuntimes } from '../runtime/list.ts';
import { register as registerRuntime } from '../runtime/register.ts';
import { deregister } from './deregister.ts';
import { info } from './info.ts';
import { list } from './list.ts';
import { pin } from './pin.ts';
import { register } from './register.ts';
import { reload } from './reload.ts';

const runtime: CommandGroup = {
  name: 'runtime',
  summary: 'plugin runtimes: named sets of container settings',
  commands: [registerRuntime, listRuntimes, runtimeInfo, deregisterRuntime],
};

export const plugin: CommandGroup = {
  name: 'plugin',
  summary: 'the catalog: plugins, plugin runtimes and pins',
  commands: [register, list, info, deregister, reload, pin, runtime],
};
