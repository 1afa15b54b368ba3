/** This table says where each command is, so that a command line loads that one alone. */
import type { CommandNode } from './command.ts';

export const commandModules: Readonly<Record<string, () => Promise<CommandNode>>> = {
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  check: async () => (await import('./commands/check.ts')).check,
  matrix: async () => (await import('./commands/matrix.ts')).matrix,
  run: async () => (await import('./commands/run.ts')).run,
  call: async () => (await import('./commands/call.ts')).call,
  plugin: async () => (await import('./commands/plugin/group.ts')).plugin,
  image: async () => (await import('./commands/image/group.ts')).image,
  ps: async () => (await import('./commands/ps.ts')).ps,
  logs: async () => (await import('./commands/logs.ts')).logs,
  gc: async () => (await import('./commands/gc.ts')).gc,
  soak: async () => (await import('./commands/soak.ts')).soak,
  secret: async () => (await import('./commands/mounts/groups.ts')).secret,
  auth: async () => (await import('./commands/mounts/groups.ts')).auth,
  read: async () => (await import('./commands/requests/requests.ts')).read,
  write: async () => (await import('./commands/requests/requests.ts')).write,
  patch: async () => (await import('./commands/requests/requests.ts')).patch,
  delete: async () => (await import('./commands/requests/requests.ts')).deletion,
  list: async () => (await import('./commands/requests/requests.ts')).list,
  serve: async () => (await import('./commands/serve.ts')).serve,
  token: async () => (await import('./commands/token/group.ts')).token,
  vault: async () => (await import('./commands/vault/group.ts')).vault,
  version: async () => (await import('./commands/version.ts')).version,
  completion: async () => (await import('./commands/completion.ts')).completion,
};
