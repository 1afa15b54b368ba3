import type { CallOptions, Filters } from '../call-options.ts';

export interface ListContainersOptions extends CallOptions {
  /** Also those that do not run. Default false. */
  readonly all?: boolean | undefined;
  /** Only the newest so many, running or not. */
  readonly limit?: number | undefined;
  /** Such as `{ label: ['key=value'], status: ['exited'] }`. */
  readonly filters?: Filters | undefined;
}

export interface ContainerSummary {
  readonly id: string;
  /** Without leading slashes. */
  readonly names: readonly string[];
  readonly image: string;
  readonly imageId: string;
  readonly command: string;
  readonly createdAt: Date;
  readonly state: string;
  /** For people: `Up 5 minutes`. */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
}
