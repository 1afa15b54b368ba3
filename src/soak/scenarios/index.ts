/** The scenarios by their names. */
import type { ScenarioName } from '../trial.ts';
import type { World } from '../world.ts';
import { killedHost } from './killed-host.ts';
import { engine } from './engine.ts';
import { launch, matrixCells } from './launches.ts';
import { broker, calls, mountOnce, reload, spare, twoHosts } from './mounts.ts';
import { registration } from './registration.ts';
import { server } from './server.ts';
import { streams } from './streams.ts';

export const scenarios: Readonly<Record<ScenarioName, (world: World) => Promise<void>>> = {
  launch,
  mount: mountOnce,
  calls,
  streams,
  broker,
  reload,
  spare,
  'two-hosts': twoHosts,
  registration,
  engine,
  server,
  'killed-host': killedHost,
  'live-matrix': matrixCells,
};
