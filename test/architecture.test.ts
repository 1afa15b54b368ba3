/** Holds the plan of the house: which room may import which, through which door, and no large circle of files. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { floors, innerDoors, leaves, strangers } from './rooms.ts';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const imports = new Map(files.map((file) => [file, importsOf(file)]));
const roomOf = (file: string) => file.split('/', 1)[0] ?? file;
const isLeaf = (room: string) => leaves.includes(room) || (room.endsWith('.ts') && room !== 'index.ts');
const floorOf = (room: string) => floors.findIndex((rooms) => rooms.includes(room));
const crossings = [...imports].flatMap(([file, targets]) =>
  targets
    .map((target) => ({ file, target, from: roomOf(file), to: roomOf(target) }))
    .filter(({ from, to }) => from !== to && !isLeaf(to)),
);

describe('the house', () => {
  it('has no room that the plan does not name', () => {
    const rooms = new Set(files.map(roomOf).filter((room) => !isLeaf(room) || leaves.includes(room)));
    assert.deepEqual([...rooms].sort(), [...floors.flat(), ...leaves].sort());
  });

  it('has imports that run downward only', () => {
    const isWrong = ({ from, to }: (typeof crossings)[number]) =>
      isLeaf(from) || floorOf(from) >= floorOf(to) || strangers.includes(`${from} -> ${to}`);
    assert.deepEqual(crossings.filter(isWrong), []);
  });

  it('has rooms that are entered at their doors only', () => {
    const isDoor = (file: string) => file === `${roomOf(file)}/index.ts` || innerDoors.includes(file);
    assert.deepEqual(
      crossings.filter(({ target }) => !isDoor(target)),
      [],
    );
  });

  it('has no circle of more than ten files', () => {
    const reach = new Map(files.map((file) => [file, reachedFrom(file)]));
    const circleOf = (file: string) =>
      files.filter((other) => reach.get(file)?.has(other) && reach.get(other)?.has(file));
    assert.deepEqual(
      files.map(circleOf).filter(({ length }) => length > 10),
      [],
    );
  });
});

/** Returns the files that a file imports, those of types and those that are loaded later included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join('src', file), 'utf8');
  const named = text.matchAll(/^(?:import|export)\b[^;']*'(\.[^']+\.ts)'|\bimport\('(\.[^']+\.ts)'\)/gm);
  return [...named].map(([, now = '', later = '']) => normalize(join(dirname(file), now || later)));
}

function reachedFrom(file: string): Set<string> {
  const reached = new Set<string>();
  const ahead = [...(imports.get(file) ?? [])];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    ahead.push(...(imports.get(next) ?? []));
  }
  return reached;
}
