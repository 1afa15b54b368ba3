/** A request, and a container that is what was asked for, as an engine tells of it that has no words of its own. */
import { attest, type Difference } from '../../src/container/attestation.ts';
import type { ResolvedNetwork } from '../../src/container/attested/resolve-network.ts';
import type {
  CreateContainerOptions,
  EngineInfo,
  InspectedContainer,
  InspectedImage,
} from '../../src/engine/index.ts';

export const asked: CreateContainerOptions = {
  image: 'sha256:1',
  runtime: 'runsc',
  network: 'none',
  networkDisabled: true,
  readOnlyRootFilesystem: true,
  noNewPrivileges: true,
  capDrop: ['ALL'],
  capAdd: ['IPC_LOCK'],
  groupAdd: ['64999'],
  memoryBytes: 64 << 20,
  pidsLimit: 512,
  mounts: [{ type: 'bind', source: '/tmp/x', target: '/run/bulkhead', readOnly: false }],
};

export const made = {
  name: 'a',
  imageId: 'sha256:1',
  runtime: '/usr/bin/runsc',
  network: 'none',
  networkDisabled: true,
  readOnlyRootFilesystem: true,
  noNewPrivileges: true,
  capDrop: ['ALL'],
  capAdd: ['IPC_LOCK'],
  groupAdd: ['64999'],
  memoryBytes: 64 << 20,
  cpuNanos: 0,
  pidsLimit: 512,
  cgroupParent: '',
  privileged: false,
  config: {
    user: '',
    env: [],
    labels: {},
    entrypoint: [],
    cmd: [],
    workingDirectory: '',
    tty: false,
    openStdin: false,
    healthcheck: [],
  },
  networks: [],
  publishedPorts: [],
  extraHosts: [],
  dns: [],
  securityOpt: ['no-new-privileges=true'],
  apparmorProfile: '',
  processLabel: '',
  ipcMode: 'private',
  cgroupnsMode: 'private',
  pidMode: '',
  utsMode: '',
  usernsMode: '',
  memorySwapBytes: 128 << 20,
  shmSize: 64 << 20,
  ulimits: [],
  oomScoreAdj: 0,
  oomKillDisable: false,
  restartPolicy: 'no',
  autoRemove: false,
  annotations: {},
  devices: [],
  deviceRequests: 0,
  deviceCgroupRules: [],
  sysctls: {},
  storageOptions: {},
  sharedWith: [],
  extras: [],
  mounts: [
    {
      type: 'bind',
      source: '/tmp/x',
      target: '/run/bulkhead',
      readOnly: false,
      propagation: 'rprivate',
      options: [],
    },
  ],
} as unknown as InspectedContainer;

/** What is known of the engine. */
export interface Told {
  readonly kind?: 'docker' | 'podman';
  readonly version?: string;
  readonly securityOptions?: readonly string[];
  readonly rootless?: boolean;
  readonly cgroupVersion?: '1' | '2';
  readonly swapLimit?: boolean;
}

export const podman = (more: Told = {}): Told => ({ kind: 'podman', version: '5.4.2', ...more });

function engineWith({
  kind = 'docker',
  version = '28.5.2',
  securityOptions = [],
  rootless = false,
  ...info
}: Told) {
  const options = ['name=seccomp,profile=builtin', ...securityOptions];
  return { kind, version, info: { ...info, securityOptions: options, rootless } as unknown as EngineInfo };
}

type Changes = readonly [
  request: Partial<CreateContainerOptions>,
  change: Partial<InspectedContainer>,
  engine?: Told,
  image?: Partial<InspectedImage['config']> & { readonly id?: string },
  network?: ResolvedNetwork,
];

/**
 * The differences where the request and the container are changed like this. Without `engine`, nothing is known of it, and
 * without `image`, nothing of that.
 */
export function found(...[request, change, engine, image, network]: Changes): Difference[] {
  const { id = asked.image, ...config } = image ?? {};
  const plain = { env: [], labels: {}, entrypoint: [], cmd: [], workingDirectory: '', user: '', ...config };
  return attest(
    { ...asked, ...request },
    { ...made, ...change },
    {
      network,
      ...(engine !== undefined && { engine: engineWith(engine) }),
      ...(image !== undefined && { image: { id, config: plain } as unknown as InspectedImage }),
    },
  );
}

/** The names of the settings that differ. */
export function names(...changes: Changes): string[] {
  return found(...changes).map(({ setting }) => setting);
}
