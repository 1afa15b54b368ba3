/**
 * Collects what helps to find out why something does not hold: what the engine says of what is left and was asked about it, the
 * states of the hosts, and what they have warned of.
 */
import { readdir } from 'node:fs/promises';
import { messageOf } from '../thrown-value.ts';
import { processesOf } from './container-processes.ts';
import { chainOf } from './ledger.ts';
import type { Stage } from './stage.ts';

const mostWarnings = 10;

/** @param wrongs what does not hold, in words, with the containers that are left */
export async function evidenceOf(stage: Stage, wrongs: readonly string[]): Promise<string[]> {
  if (wrongs.length === 0) return [];
  const found = wrongs.flatMap((words) => [...words.matchAll(/container ([0-9a-f]{12})/g)]);
  const ids = new Set(found.map(([, id = '']) => id));
  const about = await Promise.all([...ids].map((id) => aboutContainer(stage, id)));
  const hosts = [...stage.living].flatMap(([kind, host]) => [
    `the host ${kind} is ${host.id}`,
    ...host.instances().map(({ id, name: plugin, state, spare }) => {
      const { name, containerId } = { containerId: undefined, ...state };
      return `its instance ${id} of ${plugin} is ${name}: container ${String(containerId).slice(0, 12)}, spare ${String(spare)}`;
    }),
  ]);
  const warnings = stage.warnings
    .filter((error) => error !== undefined)
    .slice(-mostWarnings)
    .map((error) => `a warning: ${chainOf(error).join(' < ')}: ${messageOf(error)}`);
  const isFolder = wrongs.some((words) => words.includes('folder '));
  const folders = isFolder ? await readdir(stage.parent, { recursive: true }) : [];
  return [...about.flat(), ...folders.map((path) => `there is ${path}`), ...hosts, ...warnings];
}

async function aboutContainer({ engine, requests }: Stage, id: string): Promise<string[]> {
  const inspected = await engine.containers.inspect(id).catch((error: unknown) => error);
  if (inspected instanceof Error) return [`container ${id}: ${String(inspected)}`, ...requests.about(id)];
  const { name, raw } = inspected as { name: string; raw: { State?: object; Config?: { Labels?: object } } };
  return [
    `container ${id} is ${name}: ${JSON.stringify(raw.State)}, ${JSON.stringify(raw.Config?.Labels)}`,
    ...requests.about(name),
    ...requests.about(id),
    ...(await processesOf([id])),
  ];
}
