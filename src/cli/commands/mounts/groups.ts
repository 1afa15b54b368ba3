import type { CommandGroup } from '../../command.ts';
import { disableCommand } from './disable.ts';
import { enableCommand } from './enable.ts';
import { listCommand } from './list.ts';
import type { MountType } from './mounted-path.ts';

export const secret = group('secret', 'secrets engines of Vault and OpenBao, mounted without a Vault');
export const auth = group('auth', 'auth methods of Vault and OpenBao, mounted without a Vault');

function group(type: MountType, summary: string): CommandGroup {
  return { name: type, summary, commands: [enableCommand(type), disableCommand(type), listCommand(type)] };
}
