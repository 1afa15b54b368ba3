/**
 * The modules behind the commands, loaded when a command needs them; `bulkhead version` loads none. Each import is in a
 * function of its own, because TypeScript 6 does not rewrite the module's name in an `import()` within a block that has
 * an `await using`.
 */
export const lazyModules = {
  engine: () => import('../engine/index.ts'),
  engineInternal: () => import('../engine/internal.ts'),
  compatibility: () => import('../compatibility/index.ts'),
  launchPlan: () => import('../container/index.ts'),
  images: () => import('../packing/index.ts'),
  catalog: () => import('../catalog/index.ts'),
  calls: () => import('../goplugin/internal.ts'),
  control: () => import('./control/ask-hosts.ts'),
  host: () => import('../host/index.ts'),
  server: () => import('../server/internal.ts'),
  soak: () => import('../soak/index.ts'),
  vault: () => import('../vault/internal.ts'),
};
