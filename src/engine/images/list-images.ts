import type { CallOptions, Filters } from '../call-options.ts';

export interface ListImagesOptions extends CallOptions {
  /** Also intermediate images. Default false. */
  readonly all?: boolean | undefined;
  /** Such as `{ label: ['key=value'], dangling: ['true'] }`. The engines read `reference` differently: use `inspect` to find one. */
  readonly filters?: Filters | undefined;
}

export interface ImageSummary {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly createdAt: Date;
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
}
