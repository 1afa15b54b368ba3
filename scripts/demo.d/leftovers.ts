import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { hostLabels } from 'bulkhead';

export interface Remains {
  readonly containers: number;
  readonly sockets: number;
  readonly processes: number;
}

/**
 * Counts what a closed host has left on this machine, asking Podman and the kernel, not Bulkhead.
 *
 * The temporary folder has to be this program's own.
 *
 * @param before socket folders that were there before the host
 */
export async function countLeftovers(hostId: string, before: readonly string[]): Promise<Remains> {
  const filter = `label=${hostLabels.hostId}=${hostId}`;
  const containers = execFileSync('podman', ['ps', '--all', '--quiet', '--filter', filter], {
    encoding: 'utf8',
  });
  return {
    containers: containers.split('\n').filter((id) => id !== '').length,
    sockets: (await socketFolders()).filter((name) => !before.includes(name)).length,
    processes: (await ourProcesses()).length,
  };
}

/** Our socket directories and service sockets all lie in folders with one prefix. */
export async function socketFolders(): Promise<string[]> {
  const parents = new Set([tmpdir(), process.env['XDG_RUNTIME_DIR'] ?? tmpdir()]);
  const names = await Promise.all([...parents].map((parent) => readdir(parent).catch(() => [])));
  return names.flat().filter((name) => ourFolder.test(name));
}

/** As `mkdtemp` names our folders: socket directories of plugins, and those of our Podman services. */
const ourFolder = /^bulkhead-(podman-|h-)?[A-Za-z0-9]{6}$/;

/** Children of this process, and whatever names our temporary folder on its command line. */
async function ourProcesses(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const [stat, command] = await Promise.all([
        readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      ]);
      // After the name, which may hold anything but ends with the last `)`: state, then the parent's id.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ours = parent === String(process.pid) || command.includes(tmpdir());
      return ours && state !== undefined && state !== 'Z' ? command.replaceAll('\0', ' ') : '';
    }),
  );
  // tsx, which runs this demo, keeps a compiler of its own as a child.
  return lines.filter((line) => line !== '' && !line.includes('esbuild'));
}
