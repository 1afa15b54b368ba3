/** Checks what a Podman service is started with, before anything is done. */
import {
  checkShape,
  filledText,
  listOf,
  oneOf,
  recordOf,
  shapeOf,
  signal,
  text,
  timeLimit,
} from '../../settings/option-shape.ts';
import { userPath } from '../../settings/user-path.ts';
import type { PodmanServiceOptions } from './service-options.ts';

/** Checks of the options that a service has wherever it keeps its storage. */
export const podmanServiceChecks = {
  runtime: filledText,
  runtimeFlags: listOf(text),
  cgroupManager: oneOf('systemd', 'cgroupfs'),
  environment: recordOf(text),
  startTimeoutMs: timeLimit,
  signal,
};

const serviceOptions = shapeOf<PodmanServiceOptions>({
  ...podmanServiceChecks,
  root: userPath,
  runRoot: userPath,
  tmpDir: userPath,
  socketDirectory: userPath,
});

/** @throws InvalidOptionError */
export function checkServiceOptions(options: PodmanServiceOptions): void {
  checkShape('startPodmanService', serviceOptions, options);
}
