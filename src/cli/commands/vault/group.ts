import type { CommandGroup } from '../../command.ts';
import { test } from './test.ts';

export const vault: CommandGroup = {
  name: 'vault',
  summary: 'for authors of plugins of Vault and OpenBao',
  commands: [test],
};
