/** A small file system for the catalogs, which can be full, read-only, or slow; root mounts it, others get a plain folder. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export interface Disk extends AsyncDisposable {
  readonly path: string;
  /** Whether it is a file system of its own; only such a one can be full or slow. */
  readonly own: boolean;
  /** Fills it up. Returns what makes room again. */
  fill(): () => void;
  /** Lets nothing be written. Returns what lifts it. */
  close(): () => void;
  /** Keeps everybody who writes waiting for so long. */
  freeze(ms: number): void;
}

const mebibytes = 8;

export async function smallDisk(): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), 'soak-disk-'));
  const own = mounted(folder);
  await chmod(folder, 0o755);
  const filler = join(folder, 'filler');
  /** A frozen file system can be neither mounted anew nor left: what waits for it would wait for ever. */
  const thaw = (): void => {
    try {
      execFileSync('fsfreeze', ['--unfreeze', folder], { stdio: 'ignore' });
    } catch {
      // It is not frozen.
    }
  };
  return {
    path: folder,
    own,
    fill() {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(filler, Buffer.alloc(bavail * bsize));
      } catch {
        // It is full earlier than it says.
      }
      return () => {
        rmSync(filler, { force: true });
      };
    },
    close() {
      if (own) execFileSync('mount', ['-o', 'remount,ro', folder]);
      else chmodSync(folder, 0o500);
      return () => {
        if (own) {
          thaw();
          execFileSync('mount', ['-o', 'remount,rw', folder]);
        } else chmodSync(folder, 0o755);
      };
    },
    freeze(ms) {
      // Another process thaws it, because the threads of this one that work with files may all be waiting.
      execFileSync('fsfreeze', ['--freeze', folder]);
      spawn('sh', ['-c', 'sleep "$1"; fsfreeze --unfreeze "$2"', 'sh', String(ms / 1000), folder], {
        stdio: 'ignore',
      });
    },
    async [Symbol.asyncDispose]() {
      if (own) {
        thaw();
        execFileSync('umount', ['--lazy', folder]);
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function mounted(folder: string): boolean {
  if (process.geteuid?.() !== 0) return false;
  const image = join('/dev/shm', `${basename(folder)}.img`); // in memory, where fsync costs nothing
  try {
    writeFileSync(image, Buffer.alloc(mebibytes * 2 ** 20));
    execFileSync('mkfs.ext4', ['-q', '-O', '^has_journal', image], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // no loop devices, as in many containers
  } finally {
    rmSync(image, { force: true });
  }
}
