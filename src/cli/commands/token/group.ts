import type { CommandGroup } from '../../command.ts';
import { create } from './create.ts';
import { list } from './list.ts';
import { revoke } from './revoke.ts';

export const token: CommandGroup = {
  name: 'token',
  summary: 'tokens for the HTTP API of bulkhead serve',
  commands: [create, list, revoke],
};
