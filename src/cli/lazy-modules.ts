/**
 * What the commands are made of, loaded when a command needs it: `bulkhead version` loads none. In functions of their own,
 * because TypeScript 6 leaves the name of a module in `import()` as it is where the block has an `await using`.
 */
export const lazyModules = {
  engine: () => import('../engine/index.ts'),
  compatibility: () => import('../compatibility/index.ts'),
  launchPlan: () => import('../container/index.ts'),
  images: () => import('../packing/index.ts'),
  catalog: () => import('../catalog/index.ts'),
  control: () => import('./control/ask-hosts.ts'),
  host: () => import('../host/index.ts'),
};
