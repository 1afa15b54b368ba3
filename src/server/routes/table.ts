/** Every path of the API. The first pattern that fits counts, so the paths of mounts come last. */
import { bulkheadRoutes } from './bulkhead.ts';
import { healthRoutes } from './health.ts';
import { leaseRoutes } from './leases.ts';
import { mountRoutes } from './mounts.ts';
import { mountedRoutes } from './mounted.ts';
import { pinRoutes } from './pins.ts';
import { pluginRoutes } from './plugins.ts';
import { reloadRoutes } from './reload.ts';
import type { Route } from './route.ts';
import { runtimeRoutes } from './runtimes.ts';
import { uiMountRoutes } from './ui-mounts.ts';
import { uiRoutes } from './ui.ts';

export const routes: readonly Route[] = [
  ...healthRoutes,
  ...pluginRoutes,
  ...runtimeRoutes,
  ...pinRoutes,
  ...reloadRoutes,
  ...mountRoutes,
  ...uiMountRoutes,
  ...leaseRoutes,
  ...bulkheadRoutes,
  ...uiRoutes,
  ...mountedRoutes,
];
