import type { CommandGroup } from '../../command.ts';
import { deregister as deregisterKind } from '../kind/deregister.ts';
import { info as kindInfo } from '../kind/info.ts';
import { list as listKinds } from '../kind/list.ts';
import { register as registerKind } from '../kind/register.ts';
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

const kind: CommandGroup = {
  name: 'kind',
  summary: 'kinds of plugins: how they are started, and whether mounts may share one',
  commands: [registerKind, listKinds, kindInfo, deregisterKind],
};

export const plugin: CommandGroup = {
  name: 'plugin',
  summary: 'the catalog: plugins, plugin runtimes, kinds and pins',
  commands: [register, list, info, deregister, reload, pin, runtime, kind],
};
