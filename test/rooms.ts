/** The plan of the house, which architecture.test.ts holds. */

/** Rooms from the top to the ground: each may import those that stand on lower floors. */
export const floors = [
  ['index.ts', 'cli'],
  ['soak'],
  ['testing'],
  ['server'],
  ['vault'],
  ['matrix'],
  ['host'],
  ['container'],
  ['packing', 'kinds', 'compatibility', 'catalog'],
  ['goplugin', 'engine'],
];

/** Leaves lie below every room. Each of their files stands for itself, and so does each file beside the rooms. */
export const leaves = ['program', 'settings', 'linux', 'waiting'];

/** Rooms that must not know each other, although one stands lower. */
export const strangers = [
  'compatibility -> goplugin',
  'catalog -> goplugin',
  'catalog -> engine',
  'kinds -> engine',
];

/** Where a room is entered beside its `index.ts`: for what is no public API, or is loaded only when it is needed. */
export const innerDoors = [
  'catalog/internal.ts',
  'compatibility/internal.ts',
  'engine/internal.ts',
  'goplugin/internal.ts',
  'host/control/messages.ts',
  'host/internal.ts',
  'kinds/vault/exercise.ts',
  'kinds/vault/kinds.ts',
  'kinds/well-known.ts',
  'server/internal.ts',
  'matrix/internal.ts',
  'vault/internal.ts',
];
