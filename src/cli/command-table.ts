import type { CommandNode } from './command.ts';
import { call } from './commands/call.ts';
import { check } from './commands/check.ts';
import { completion } from './commands/completion.ts';
import { doctor } from './commands/doctor.ts';
import { gc } from './commands/gc.ts';
import { image } from './commands/image/group.ts';
import { logs } from './commands/logs.ts';
import { matrix } from './commands/matrix.ts';
import { auth, secret } from './commands/mounts/groups.ts';
import { plugin } from './commands/plugin/group.ts';
import { ps } from './commands/ps.ts';
import { deletion, list, patch, read, write } from './commands/requests/requests.ts';
import { run } from './commands/run.ts';
import { serve } from './commands/serve.ts';
import { token } from './commands/token/group.ts';
import { soak } from './commands/soak.ts';
import { vault } from './commands/vault/group.ts';
import { version } from './commands/version.ts';

export const summary =
  'Runs HashiCorp go-plugin plugins in containers, on Docker or Podman, and says before launch whether they can run here.';

/** All commands. Usage, help, completion and parsing are made from this table. */
export const commandTable: readonly CommandNode[] = [
  doctor,
  check,
  matrix,
  run,
  call,
  plugin,
  image,
  ps,
  logs,
  gc,
  soak,
  secret,
  auth,
  read,
  write,
  patch,
  deletion,
  list,
  serve,
  token,
  vault,
  version,
  completion,
];
