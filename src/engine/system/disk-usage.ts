import { z } from 'zod';
import { numberOrZero, textOrNothing, texts, withDigestPrefix } from '../answer.ts';
import { compareVersions } from '../api-version.ts';
import type { CallOptions } from '../call-options.ts';
import type { EngineClient } from '../client.ts';
import { retryOnConcurrentRemoval } from '../retry-on-concurrent-removal.ts';

/** What the engine's storage holds. Sizes are bytes. */
export interface DiskUsage {
  /** Podman before 5 names images by their tag alone: ask `images.list` for names. */
  readonly images: readonly {
    readonly id: string;
    readonly sizeBytes: number;
    readonly containers: number;
  }[];
  readonly containers: readonly {
    readonly id: string;
    readonly names: readonly string[];
    /** Bytes that the container itself has written. */
    readonly writtenBytes: number;
    readonly totalBytes: number;
  }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly sizeBytes: number;
    readonly containers: number;
  }[];
  readonly buildCacheBytes: number;
}

const imageItems = z
  .array(z.object({ Id: z.string(), Size: numberOrZero, Containers: numberOrZero }))
  .nullish();
const containerItems = z
  .array(z.object({ Id: z.string(), Names: texts, SizeRw: numberOrZero, SizeRootFs: numberOrZero }))
  .nullish();
const volumeItems = z
  .array(
    z.object({
      Name: textOrNothing,
      UsageData: z.object({ Size: numberOrZero, RefCount: numberOrZero }).nullish(),
    }),
  )
  .nullish();
const cacheItems = z.array(z.object({ Size: numberOrZero })).nullish();

export const diskUsageSchema = z.object({
  // Until API 1.51, and on Podman.
  Images: imageItems,
  Containers: containerItems,
  Volumes: volumeItems,
  BuildCache: cacheItems,
  // Since API 1.52, which leaves a part out where it has nothing to tell of.
  ImageUsage: z.object({ Items: imageItems }).nullish(),
  ContainerUsage: z.object({ Items: containerItems }).nullish(),
  VolumeUsage: z.object({ Items: volumeItems }).nullish(),
  BuildCacheUsage: z.object({ Items: cacheItems }).nullish(),
});

/** See `System.diskUsage`. */
export async function getDiskUsage(client: EngineClient, { signal }: CallOptions = {}): Promise<DiskUsage> {
  const usage = await retryOnConcurrentRemoval(
    client,
    () =>
      client.fetch(diskUsageSchema, {
        doing: 'ask for the disk usage',
        method: 'GET',
        path: '/system/df',
        query: {
          verbose: compareVersions(client.identity.apiVersion, '1.52') >= 0 ? true : undefined,
        },
        // The engine walks through all of its storage.
        lasting: { headersMs: 0, bodyMs: client.transport.limits.bodyMs },
        signal,
      }),
    signal,
  );
  return {
    images: (usage.Images ?? usage.ImageUsage?.Items ?? []).map(({ Id, Size, Containers }) => ({
      id: withDigestPrefix(Id),
      sizeBytes: Size,
      containers: Math.max(0, Containers), // -1: not counted
    })),
    containers: (usage.Containers ?? usage.ContainerUsage?.Items ?? []).map(
      ({ Id, Names, SizeRw, SizeRootFs }) => ({
        id: Id,
        names: Names.map((name) => name.replace(/^\//, '')),
        writtenBytes: SizeRw,
        totalBytes: SizeRootFs,
      }),
    ),
    volumes: (usage.Volumes ?? usage.VolumeUsage?.Items ?? []).map(({ Name, UsageData }) => ({
      name: Name,
      sizeBytes: Math.max(0, UsageData?.Size ?? 0),
      containers: Math.max(0, UsageData?.RefCount ?? 0),
    })),
    buildCacheBytes: (usage.BuildCache ?? usage.BuildCacheUsage?.Items ?? []).reduce(
      (sum, { Size }) => sum + Size,
      0,
    ),
  };
}
