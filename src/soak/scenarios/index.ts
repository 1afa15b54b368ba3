/** The scenarios by their names. */
import type { ScenarioName } from '../trial.ts';
import type { World } from '../world.ts';
import { killedHost } from './killed-host.ts';
import { broker, launch, matrixCells } from './launches.ts';
import { calls, reload, spare, twoHosts } from './mounts.ts';
import { registration } from './registration.ts';

export const scenarios: Readonly<Record<ScenarioName, (world: World) => Promise<void>>> = {
  launch,
  calls,
  reload,
  spare,
  broker,
  'two-hosts': twoHosts,
  registration,
  'killed-host': killedHost,
  'live-matrix': matrixCells,
};
