import { ArchitectureMismatchError } from './errors.ts';

/** Node's words for architectures where they differ from those of image configurations (Go's). */
const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** The architecture of this machine in the words of image configurations: `amd64`, `arm64`. */
export function hostArchitecture(): string {
  return names[process.arch] ?? process.arch;
}

/** @throws {ArchitectureMismatchError} when the program is for another architecture than the image */
export function checkArchitecture(file: string, found: string, expected = hostArchitecture()): void {
  if (found !== expected) throw new ArchitectureMismatchError(file, expected, found);
}
