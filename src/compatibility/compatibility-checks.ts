/** Checks the arguments of this room's functions before anything is looked at. */
import type { AbortOption } from '../abort.ts';
import {
  anyOf,
  checkArgument,
  checkShape,
  fieldsOf,
  filledText,
  flag,
  listOf,
  oneOf,
  recordOf,
  required,
  shapeOf,
  signal,
  text,
  wholeNumber,
  type Check,
} from '../settings/option-shape.ts';
import { settingChecks } from '../settings/setting-list.ts';
import { userPath } from '../settings/user-path.ts';
import type { EngineGathering } from './gather/engine.ts';
import type { HostGathering } from './gather/host.ts';
import type { ImageGathering } from './gather/image.ts';
import type { LaunchRequirements } from './launch-verdict.ts';
import type { CellFilter, DryMatrixOptions, LiveOutcome, MatrixCell } from './matrix/matrix.ts';

const anything: Check = () => undefined;
const object = fieldsOf<object>({});
const present = required(object);
const liftable = anyOf(oneOf('unlimited'), wholeNumber(1));

const folder = { socketDirectory: userPath };
const hostGathering = { ...folder, ownedFolder: flag };
const engineGathering = { ...folder, fresh: flag, signal };
const imageGathering = { cacheDirectory: userPath, signal };

/** Checks of the options of each gathering. */
const gatherings = {
  gatherFacts: shapeOf<HostGathering & EngineGathering & ImageGathering & AbortOption>({
    ...hostGathering,
    ...engineGathering,
    ...imageGathering,
  }),
  gatherEngineFacts: shapeOf<EngineGathering>(engineGathering),
  gatherHostFacts: shapeOf<HostGathering>(hostGathering),
  gatherImageFacts: shapeOf<ImageGathering>(imageGathering),
} satisfies Readonly<Record<string, Check>>;

/**
 * Options of a launch that do not affect whether it works. They are accepted, so that a launch and a check may share
 * one object.
 */
const ofLaunch = Object.fromEntries(
  [
    ...['image', 'title', 'env'],
    ...['override', 'imageCacheDirectory', 'labels', 'socketDirectory', 'handshake'],
    ...['protocolVersions', 'autoMtls', 'maxMessageBytes', 'startTimeoutMs', 'signal', 'onLog'],
    ...['onOutput', 'onOutputGap'],
  ].map((name) => [name, anything]),
);

const requirements = required(
  shapeOf<LaunchRequirements>({
    ...ofLaunch,
    ...settingChecks,
    runtime: required(filledText),
    entrypoint: listOf(text),
    args: listOf(text),
    mlock: flag,
    brokerMultiplex: flag,
    memoryBytes: liftable,
    cpuNanos: wholeNumber(1),
    pidsLimit: liftable,
  }),
);

const engineValues = ['docker', 'podman'] as const;
const modes = ['rootful', 'rootless'] as const;
const users = ['root', 'non-root'] as const;

const filter = shapeOf<CellFilter>({
  engine: listOf(oneOf(...engineValues)),
  mode: listOf(oneOf(...modes)),
  runtime: listOf(filledText),
  user: listOf(oneOf(...users)),
  mlock: listOf(flag),
});

const cellChecks = {
  engine: oneOf(...engineValues),
  mode: oneOf(...modes),
  runtime: filledText,
  user: oneOf(...users),
  mlock: flag,
};
const wholeCell = fieldsOf<MatrixCell>({
  engine: required(cellChecks.engine),
  mode: required(cellChecks.mode),
  runtime: required(filledText),
  user: required(cellChecks.user),
  mlock: required(flag),
});

/** Checks of the arguments of the functions that look at facts and cells. */
const argumentChecks = {
  engine: fieldsOf<{ system: unknown; images: unknown; info: unknown }>({
    system: present,
    images: present,
    info: present,
  }),
  engineFacts: object,
  hostFacts: object,
  image: object,
  reference: filledText,
  folder: userPath,
  path: filledText,
  environment: recordOf(text),
  launchFacts: fieldsOf<{ host: unknown; engine: unknown; image: unknown }>({
    host: present,
    engine: present,
    image: present,
  }),
  cellFacts: fieldsOf<{ host: unknown; image: unknown }>({ host: present, image: present }),
  matrixFacts: shapeOf<{ host: unknown; engines: unknown; image: unknown; format: unknown }>({
    host: present,
    engines: required(listOf(object)),
    image: object,
    format: anything,
  }),
  engines: listOf(object),
  cells: listOf(wholeCell),
  required: listOf(shapeOf<MatrixCell>(cellChecks)),
  cell: wholeCell,
  planned: fieldsOf<{ cell: unknown; engine: unknown; wishes: unknown }>({
    cell: required(wholeCell),
    engine: present,
    wishes: requirements,
  }),
  outcome: shapeOf<LiveOutcome>({
    ok: required(flag),
    milliseconds: required(wholeNumberOrFraction),
    channels: object,
    error: object,
  }),
  source: shapeOf<{ document: unknown; measured: unknown; conflict: unknown }>({
    document: text,
    measured: text,
    conflict: text,
  }),
  text: text,
} satisfies Readonly<Record<string, Check>>;

/** @throws InvalidOptionError */
export function checkGathering(operation: keyof typeof gatherings, options: unknown): void {
  checkShape(operation, gatherings[operation], options);
}

/** @throws InvalidOptionError */
export function checkGiven(
  operation: string,
  given: Readonly<Partial<Record<keyof typeof argumentChecks, unknown>>>,
): void {
  for (const [name, value] of Object.entries(given))
    checkArgument(operation, name, argumentChecks[name as keyof typeof argumentChecks], value);
}

/** @throws InvalidOptionError */
export function checkRequirements(wishes: unknown): void {
  checkShape('judge', requirements, wishes);
}

/** @throws InvalidOptionError */
export function checkFilter(operation: string, options: unknown): void {
  checkShape(operation, filter, options);
}

/** @throws InvalidOptionError */
export function checkDryMatrixOptions(options: unknown): void {
  const requirements = fieldsOf<object>({}); // checked where a launch is checked
  checkShape('dryMatrix', shapeOf<DryMatrixOptions>({ filter, requirements }), options);
}

/** @throws InvalidOptionError */
export function checkAssumption(options: unknown): void {
  const shape = shapeOf<{ architecture: string; lockingCapability?: boolean }>({
    architecture: required(text),
    lockingCapability: flag,
  });
  checkShape('assumedImage', required(shape), options);
}

function wholeNumberOrFraction(value: unknown): ReturnType<Check> {
  return typeof value === 'number' && value >= 0
    ? undefined
    : { path: [], message: 'must be a number from 0 up' };
}
