/** What engines of several generations answered about containers made from a plugin's create request; see record-answers.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attest, type Difference } from '../../src/container/index.ts';
import { fromDockerInspect } from '../../src/engine/containers/inspect/docker-inspect.ts';
import { dockerInspectSchema } from '../../src/engine/containers/inspect/docker-inspect-schema.ts';
import { fromPodmanInspect } from '../../src/engine/containers/inspect/podman-inspect.ts';
import { podmanInspectSchema } from '../../src/engine/containers/inspect/podman-inspect-schema.ts';
import type {
  CreateContainerOptions,
  EngineInfo,
  InspectedContainer,
  InspectedImage,
} from '../../src/engine/index.ts';

export const answersFolder = fileURLToPath(new URL('inspect-answers', import.meta.url));

export interface RecordedAnswer {
  readonly engine: {
    readonly kind: 'docker' | 'podman';
    readonly version: string;
    readonly info: EngineInfo;
  };
  readonly request: CreateContainerOptions;
  readonly image: InspectedImage;
  readonly answer: Readonly<Record<string, unknown>>;
}

export const recordedAnswers: readonly (readonly [name: string, recorded: RecordedAnswer])[] = readdirSync(
  answersFolder,
).map((file) => [
  file.replace(/\.json$/, ''),
  JSON.parse(readFileSync(join(answersFolder, file), 'utf8')) as RecordedAnswer,
]);

const state = { Status: 'created', Running: false };

export function readAnswer(
  kind: 'docker' | 'podman',
  answer: Readonly<Record<string, unknown>>,
): InspectedContainer {
  const whole = { State: state, ...answer };
  return kind === 'docker'
    ? fromDockerInspect(dockerInspectSchema.parse(whole), whole)
    : fromPodmanInspect(podmanInspectSchema.parse(whole), whole);
}

/** What attestation finds when the engine answers this in place of what it answered. */
export function differences(
  { engine, request, image, answer: recorded }: RecordedAnswer,
  answer = recorded,
): Difference[] {
  return attest(request, readAnswer(engine.kind, answer), { engine, image });
}
