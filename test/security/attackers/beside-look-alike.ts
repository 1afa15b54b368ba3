/**
 * The first process of a process namespace in which nothing else is called as an engine: starts a look-alike with the
 * given command line before its own, and prints what root and an ordinary user find. Arguments: folder, command.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findEngineProcess } from '../../../src/compatibility/gather/engine-process.ts';
import { runNodeAsUser } from '../../engines/as-user.ts';
import { loadStatus } from '../../engines/engines.ts';
import { programArgs } from '../../plugins/program-args.ts';

const [folder = '', ...before] = process.argv.slice(2);
const socketPath = join(folder, 'engine.sock');
const dockerd = [join(folder, 'dockerd'), socketPath];
const lookAlike = spawn('env', [...before, ...dockerd], { stdio: ['ignore', 'pipe', 'inherit'] });
await once(lookAlike.stdout, 'data');
chmodSync(socketPath, 0o666);

const { user, shareDirectory } = loadStatus();
const { name, uid = 0, gid = 0 } = user;
const byRoot = await findEngineProcess({ kind: 'docker', rootless: false, socketPath });
const child = runNodeAsUser([...programArgs('test/security/attackers/find-engine.ts'), socketPath], {
  engine: { user: { name, uid, gid }, shareDirectory },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const byUser: unknown = JSON.parse(child.stdout === null ? '' : await text(child.stdout));
process.stdout.write(`${JSON.stringify({ pid: lookAlike.pid, byRoot, byUser })}\n`);
process.exit(); // and with the first process of a namespace all others
