/** Explains the last output of a container, for failures with a known cause that is not obvious. */
import { causeIn } from '../goplugin/internal.ts';
import type { Given } from './denials/denial.ts';
import { hintForDenial } from './denials/hint-for-denial.ts';

interface KnownFailure {
  readonly matches: RegExp;
  readonly hint: string;
  /** Whether the cause is possible in this container. Default: in any. */
  readonly when?: (given: Given) => boolean;
}

/**
 * What runtimes and go-plugin say. Exit codes are not compared: runc 1.1 ends with 1, runc 1.3 with 255. crun words the
 * same failures differently, in newer releases as JSON with escaped slashes. The words after the path are the kernel's
 * and the same everywhere. A runtime's line begins with `exec`; that of a plugin whose own program can't be executed
 * does not.
 */
const knownFailures: readonly KnownFailure[] = [
  {
    matches: /^(?:\{"msg":")?exec\b[^\n]*exec format error/im,
    hint: 'The entrypoint is not a program for this processor, or a script without a #! line: build the plugin for the architecture of the engine.',
  },
  {
    matches: /^(?:\{"msg":")?exec\b[^\n]*no such file or directory/im,
    hint: 'The entrypoint exists, but the loader it asks for does not: build the plugin statically (CGO_ENABLED=0), or put its libraries into the image.',
  },
  {
    matches: /^(?:\{"msg":")?exec\b[^\n]*operation not permitted/im,
    hint: 'The entrypoint carries a file capability that the container is not given: add it to `capAdd`, or remove it from the binary.',
  },
  {
    matches:
      /listen unix[^\n]*permission denied|\/run\/bulkhead[^\n]*permission denied|permission denied[^\n]*\/run\/bulkhead/i,
    hint: "The plugin's user may not write into the socket directory: the user must be in the group that the engine was told to add.",
  },
  {
    matches: /mlock[^\n]*cannot allocate memory|failed to lock memory/i,
    hint: 'The plugin may not lock its memory: turn off mlock in the plugin, or launch it with `mlock` on an engine whose memlock limit is high enough.',
  },
  {
    matches: /\/dev\/\w+\b[^\n]*read-only file system|EROFS[^\n]*\/dev\//i,
    hint: 'Podman 5 makes /dev read-only together with the root file system, and gVisor then lets no device be written to, /dev/null neither: run the plugin with runc or crun there, or allow writing with `readOnlyRootFilesystem: false`.',
    when: ({ engine, gvisor, readOnlyRoot }) => engine === 'podman' && gvisor && readOnlyRoot,
  },
  {
    matches: /this binary is a plugin/i,
    hint: 'The plugin did not accept the magic cookie: compare the key and the value of `handshake` with those that the plugin was built with.',
  },
];

/** The hint for the first known failure that `output` (stderr) shows, if any. @param given what is known of the container */
export function hintForOutput(output: string, given?: Given): string | undefined {
  return knownFailures.find(
    ({ matches, when }) => matches.test(output) && (given === undefined || when === undefined || when(given)),
  )?.hint;
}

/**
 * The hint for what a plugin says of its failure, where its container denies what it needs.
 *
 * @param ended whether the plugin has ended; one that still tries may have logged the cause as a warning only
 */
export function hintForWords(words: string, given: Given, ended: boolean): string | undefined {
  return hintForDenial(causeIn(words, ended ? 'error' : 'warn').lines, given);
}
