/** Describes an executable whose plugin did not start. */
import { access, constants, open, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Diagnosis } from '../runner.ts';

type Fact = Diagnosis['facts'][number];

/** Never throws. */
export async function diagnoseExecutable(command: string): Promise<Diagnosis> {
  const path = await findExecutable(command);
  if (path === undefined) return { facts: [{ name: 'executable', value: `${command} (not found)` }] };
  const facts: Fact[] = [{ name: 'executable', value: path }];
  try {
    const { mode, uid, gid } = await stat(path);
    facts.push(
      { name: 'mode', value: (mode & 0o7777).toString(8).padStart(4, '0') },
      {
        name: 'owner',
        value: `${uid}:${gid} (this host runs as ${process.getuid?.() ?? '?'}:${process.getgid?.() ?? '?'})`,
      },
    );
    const built = await machineOf(path);
    if (built === undefined) return { facts };
    facts.push({ name: 'built for', value: `${built} (this machine is ${process.arch})` });
    return built === process.arch
      ? { facts }
      : { facts, hint: `The program was built for ${built}; this machine is ${process.arch}.` };
  } catch {
    return { facts };
  }
}

/** Returns where the executable is, looked up as the kernel would. */
export async function findExecutable(command: string): Promise<string | undefined> {
  const candidates = command.includes('/')
    ? [command]
    : (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, command));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.F_OK);
      return candidate;
    } catch {
      // It is not in this folder.
    }
  }
  return undefined;
}

/**
 * Returns the processor that an ELF file is built for, in Node's words (`e_machine` of the ELF header, bytes 18 and
 * 19).
 */
async function machineOf(path: string): Promise<string | undefined> {
  await using file = await open(path);
  const header = Buffer.alloc(20);
  const { bytesRead } = await file.read(header, 0, header.length, 0);
  if (bytesRead < header.length || header.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
  const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
  return machines[machine] ?? `ELF machine ${machine}`;
}

const machines: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
