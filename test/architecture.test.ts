/** Holds the plan of the house: which room may import which, through which door, and no large circle of files. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';

/** Rooms from the top to the ground: each may import those that stand on lower floors. */
const floors = [
  ['index.ts', 'cli', 'testing'],
  ['vault'],
  ['matrix'],
  ['host'],
  ['container'],
  ['packing', 'kinds', 'compatibility', 'catalog'],
  ['goplugin', 'engine'],
];

/** Leaves lie below every room. Each of their files stands for itself, and so does each file beside the rooms. */
const leaves = ['program', 'settings', 'linux', 'waiting'];

/** Rooms that must not know each other, although one stands lower. */
const strangers = [
  'compatibility -> goplugin',
  'catalog -> goplugin',
  'catalog -> engine',
  'kinds -> engine',
];

/** Where a room is entered beside its `index.ts`: for what is no public API, or is loaded only when it is needed. */
const innerDoors = [
  'catalog/internal.ts',
  'compatibility/internal.ts',
  'engine/internal.ts',
  'goplugin/internal.ts',
  'host/internal.ts',
  'kinds/vault/exercise.ts',
  'kinds/vault/kinds.ts',
];

const largestCircle = 10;

describe('the house', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const crossings = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => roomOf(target) !== roomOf(file)).map((target) => ({ file, target })),
  );

  it('has no room that the plan does not name', () => {
    const rooms = new Set(files.map(roomOf).filter((room) => !isFileBesideRooms(room)));
    assert.deepEqual([...rooms].sort(), [...floors.flat(), ...leaves].sort());
  });

  it('has imports that run downward only', () => {
    const wrong = crossings.filter(({ file, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (isLeaf(to)) return false;
      return isLeaf(from) || floorOf(from) >= floorOf(to) || strangers.includes(`${from} -> ${to}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('has rooms that are entered at their doors only', () => {
    const isDoor = (file: string) => file === `${roomOf(file)}/index.ts` || innerDoors.includes(file);
    const wrong = crossings.filter(({ target }) => !isLeaf(roomOf(target)) && !isDoor(target));
    assert.deepEqual(wrong, []);
  });

  it(`has no circle of more than ${largestCircle} files`, () => {
    const reach = new Map(files.map((file) => [file, reachedFrom(file, imports)]));
    const circles = files.map((file) =>
      files.filter((other) => reach.get(file)?.has(other) && reach.get(other)?.has(file)),
    );
    assert.deepEqual(
      circles.filter(({ length }) => length > largestCircle),
      [],
    );
  });
});

/** Of types and of what is loaded later too. */
function importsOf(file: string): string[] {
  const text = readFileSync(join('src', file), 'utf8');
  const named = text.matchAll(/^(?:import|export)\b[^;']*'(\.[^']+\.ts)'|\bimport\('(\.[^']+\.ts)'\)/gm);
  return [...named].map(([, now = '', later = '']) => normalize(join(dirname(file), now || later)));
}

function roomOf(file: string): string {
  return file.split('/', 1)[0] ?? file;
}

function isFileBesideRooms(room: string): boolean {
  return room.endsWith('.ts') && room !== 'index.ts';
}

function isLeaf(room: string): boolean {
  return leaves.includes(room) || isFileBesideRooms(room);
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

function reachedFrom(file: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const ahead = [...(imports.get(file) ?? [])];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    ahead.push(...(imports.get(next) ?? []));
  }
  return reached;
}
