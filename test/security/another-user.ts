/** Run by a test as a user who has nothing to do with the host: tries what is in its first argument, prints what worked. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { kill } from 'node:process';

export interface Tries {
  readonly connect: readonly string[];
  readonly read: readonly string[];
  readonly list: readonly string[];
  readonly write: readonly string[];
  readonly execute: readonly string[];
  readonly signal: readonly number[];
}

const tries = JSON.parse(process.argv[2] ?? '{}') as Tries;
const worked: string[] = [];

function attempt(what: string, act: () => void): void {
  try {
    act();
    worked.push(what);
  } catch {
    // as it should be
  }
}

for (const path of tries.read) attempt(`read ${path}`, () => readFileSync(path));
for (const path of tries.list) attempt(`list ${path}`, () => readdirSync(path));
for (const path of tries.write)
  attempt(`write ${path}`, () => {
    writeFileSync(path, '', { flag: 'a' });
  });
for (const pid of tries.signal) attempt(`signal ${pid}`, () => kill(pid, 'SIGUSR2'));
for (const path of tries.execute) {
  if (spawnSync(path, ['nothing'], { timeout: 5000 }).error === undefined) worked.push(`execute ${path}`);
}
for (const path of tries.connect) {
  await new Promise<void>((done) => {
    const socket = connect(path);
    socket.once('error', () => {
      done();
    });
    socket.once('connect', () => {
      worked.push(`connect to ${path}`);
      socket.destroy();
      done();
    });
  });
}
process.stdout.write(JSON.stringify(worked));
