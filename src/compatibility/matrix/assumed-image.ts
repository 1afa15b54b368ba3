import { checkAssumption } from '../compatibility-checks.ts';
import { known } from '../fact.ts';
import type { ImageFacts, ProgramFacts } from '../image-facts.ts';

/** Makes the facts of a faultless plugin image, for a matrix that is made without an image: a static program in Go. */
export function assumedImage(options: {
  /** Architecture in Docker's words. */
  readonly architecture: string;
  /** Whether the program carries the file capability IPC_LOCK. Default false. */
  readonly lockingCapability?: boolean | undefined;
}): ImageFacts {
  checkAssumption(options);
  const evidence = 'assumed';
  const program: ProgramFacts = {
    path: '/plugin',
    kind: 'elf',
    sizeBytes: 20_000_000,
    mode: 0o755,
    machine: options.architecture,
    go: { goVersion: 'go1.24', goPlugin: 'v1.8.0' },
    ...(options.lockingCapability === true && {
      fileCapabilities: { permitted: ['IPC_LOCK'], effective: true },
    }),
  };
  return {
    reference: 'an image as it should be',
    id: '',
    os: 'linux',
    architecture: options.architecture,
    entrypoint: ['/plugin'],
    cmd: [],
    user: '65532:65532',
    accounts: known({ users: [], groups: [] }, evidence),
    program: known(program, evidence),
  };
}
