/** Checks the options of a live matrix before an engine is asked. */
import {
  anyOf,
  callback,
  checkShape,
  fieldsOf,
  filledText,
  flag,
  listOf,
  objectWith,
  oneOf,
  required,
  shapeOf,
  signal,
  timeLimit,
  wholeNumber,
} from '../settings/option-shape.ts';
import type { CellFilter } from '../compatibility/index.ts';
import type { LiveProbeMatrixOptions } from './live-probe.ts';
import type { LiveMatrixOptions } from './live.ts';

const engine = fieldsOf<{ images: unknown; containers: unknown }>({
  images: required(objectWith('inspect')),
  containers: required(objectWith('create')),
});
/** Launch options are checked where the launch is made. */
const launch = fieldsOf<object>({});

const probeMatrix = {
  engines: required(listOf(engine)),
  launch,
  forced: flag,
  filter: shapeOf<CellFilter>({
    engine: listOf(oneOf('docker', 'podman')),
    mode: listOf(oneOf('rootful', 'rootless')),
    runtime: listOf(filledText),
    user: listOf(oneOf('root', 'non-root')),
    mlock: listOf(flag),
  }),
  ownEngine: callback,
  parallelPerEngine: wholeNumber(1),
  parallel: wholeNumber(1),
  cellTimeoutMs: timeLimit,
  channelTimeoutMs: timeLimit,
  onRow: callback,
  signal,
};

const matrix = shapeOf<LiveMatrixOptions>({
  ...probeMatrix,
  image: required(filledText),
  imageOf: callback,
  launch: required(anyOf(callback, launch)),
  exercise: callback,
});

/** @throws InvalidOptionError */
export function checkMatrixOptions(options: LiveMatrixOptions): void {
  checkShape('liveMatrix', required(matrix), options);
}

/** @throws InvalidOptionError */
export function checkProbeMatrixOptions(options: LiveProbeMatrixOptions): void {
  const shape = shapeOf<LiveProbeMatrixOptions>({ ...probeMatrix, loadTimeoutMs: timeLimit });
  checkShape('liveProbeMatrix', required(shape), options);
}
