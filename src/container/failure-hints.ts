/** Explains the last output of a container, for failures with a known cause that is not obvious. */

interface KnownFailure {
  readonly matches: RegExp;
  readonly hint: string;
}

/**
 * Exit codes are not compared: runc 1.1 ends with 1, runc 1.3 with 255. crun words the same failures differently, in
 * newer releases as JSON with escaped slashes. The words after the path are the kernel's and the same everywhere.
 */
const knownFailures: readonly KnownFailure[] = [
  {
    matches: /exec format error/i,
    hint: 'The entrypoint is not a program for this processor, or a script without a #! line: build the plugin for the architecture of the engine.',
  },
  {
    matches: /exec(?: container process)?\b[^\n]*no such file or directory/i,
    hint: 'The entrypoint exists, but the loader it asks for does not: build the plugin statically (CGO_ENABLED=0), or put its libraries into the image.',
  },
  {
    matches: /exec(?: container process)?\b[^\n]*operation not permitted/i,
    hint: 'The entrypoint carries a file capability that the container is not given: add it to `capAdd`, or remove it from the binary.',
  },
  {
    matches: /listen unix[^\n]*permission denied|bind: permission denied|EACCES[^\n]*listen/i,
    hint: "The plugin's user may not write into the socket directory: the user must be in the group that the engine was told to add.",
  },
  {
    matches: /mlock[^\n]*cannot allocate memory|failed to lock memory/i,
    hint: 'The plugin may not lock its memory: turn off mlock in the plugin, or launch it with `mlock` on an engine whose memlock limit is high enough.',
  },
  {
    matches: /\/dev\/\w+\b[^\n]*read-only file system|EROFS[^\n]*\/dev\//i,
    hint: 'Podman 5 makes /dev read-only together with the root file system, and gVisor then lets no device be written to, /dev/null neither: run the plugin with runc or crun there, or set readOnlyRootFilesystem to false.',
  },
  {
    matches: /this binary is a plugin/i,
    hint: 'The plugin did not accept the magic cookie: compare the key and the value of `handshake` with those that the plugin was built with.',
  },
];

/** The hint for the first known failure that `output` (the end of stderr) shows, if any. */
export function hintForOutput(output: string): string | undefined {
  return knownFailures.find(({ matches }) => matches.test(output))?.hint;
}
