export interface InspectedImage {
  /** `sha256:` and 64 hexadecimal digits. With Docker's containerd store it is the digest of the manifest, not of the configuration. */
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly createdAt?: Date | undefined;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly os: string;
  readonly sizeBytes: number;
  readonly config: {
    readonly user: string;
    readonly env: readonly string[];
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly workingDir: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly stopSignal?: string | undefined;
    readonly exposedPorts: readonly string[];
    readonly volumes: readonly string[];
  };
  /** Digests of the uncompressed layers, lowest first: the same on every engine that has the image. */
  readonly layers: readonly string[];
  /** The engine's whole answer, unchecked. */
  readonly raw: unknown;
}
