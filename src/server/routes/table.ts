/** Every path of the API. The first pattern that fits counts, so the paths of mounts come last. */
import { healthRoutes } from './health.ts';
import type { Route } from './route.ts';

export const routes: readonly Route[] = [...healthRoutes];
