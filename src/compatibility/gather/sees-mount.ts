import type { Engine } from '../../engine/index.ts';
import { checkGiven } from '../compatibility-checks.ts';
import { valueOf, type Fact } from '../fact.ts';
import { findEngineProcess, type EngineProcess } from './engine-process.ts';
import { seesFolder } from './process-facts.ts';

/**
 * Processes of engines that were found, because finding one takes longer than asking it. A process that is gone sees
 * nothing, and is looked for again.
 */
const found = new WeakMap<Engine, Fact<EngineProcess>>();

/** Remembers the process of an engine that was found for another reason. */
export function rememberEngineProcess(engine: Engine, process: Fact<EngineProcess>): void {
  found.set(engine, process);
}

/**
 * Whether the engine now has the same folder at this path as this process, including mounts. It is also false where the
 * engine's process can't be found or looked at.
 */
export async function engineSees(engine: Engine, path: string): Promise<boolean> {
  checkGiven('engineSees', { engine, path });
  const process = found.get(engine);
  if (process !== undefined && valueOf(await seesFolder(process, path)) === true) return true;
  const anew = await findEngineProcess(engine);
  found.set(engine, anew);
  return valueOf(await seesFolder(anew, path)) === true;
}
