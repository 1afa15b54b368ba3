/** Names of architectures as image configurations use them, which are Go's: `amd64`, `arm64`. */

/** Names that differ in Node.js. */
const ofNode: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** Names that differ in uname(2). */
const ofUname: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  i686: '386',
};

/** Names by `e_machine`, for the little-endian 64-bit architectures that engines have images for. */
const ofElf: Readonly<Record<number, string>> = {
  21: 'ppc64le',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

/** The architecture of this machine. */
export function hostArchitecture(): string {
  return ofNode[process.arch] ?? process.arch;
}

/** @param machine the name that `uname` reports */
export function architectureOfUname(machine: string): string {
  return ofUname[machine] ?? machine;
}

/** @returns `unknown-<e_machine>` for a machine that has no name here */
export function architectureOfElf(machine: number): string {
  return ofElf[machine] ?? `unknown-${machine}`;
}
