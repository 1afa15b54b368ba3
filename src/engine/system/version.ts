import { z } from 'zod';
import { textOrNothing } from '../answer.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly os: string;
  /** In Docker's words: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly kernelVersion: string;
  /** The engine's parts: `containerd`, `runc`, `conmon`, ... */
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

export const versionSchema = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: textOrNothing,
  Os: z.string(),
  Arch: z.string(),
  KernelVersion: textOrNothing,
  Components: z.array(z.object({ Name: z.string(), Version: z.string() })).nullish(),
});

/** See `System.version`. */
export async function getVersion(client: EngineClient, { signal }: CallOptions = {}): Promise<EngineVersion> {
  const answer = await client.fetch(versionSchema, {
    doing: 'ask for the version',
    method: 'GET',
    path: '/version',
    signal,
  });
  return {
    version: answer.Version,
    apiVersion: answer.ApiVersion,
    minApiVersion: answer.MinAPIVersion,
    os: answer.Os,
    architecture: answer.Arch,
    kernelVersion: answer.KernelVersion,
    components: (answer.Components ?? []).map(({ Name, Version }) => ({ name: Name, version: Version })),
  };
}
