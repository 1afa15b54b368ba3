import { extname, isAbsolute } from 'node:path';

/** Whether the tests were compiled beforehand, so that every module lies beside its source. */
const isCompiled = extname(import.meta.url) === '.js';

/**
 * Arguments of Node.js that run a program of the tests, given by the name of its source: compiled where the tests are, else
 * with the loader for TypeScript. A relative path is for a process whose working directory is the checkout.
 */
export function programArgs(source: string): string[] {
  if (isCompiled) return [source.replace(/\.ts$/, '.js')];
  return ['--import', isAbsolute(source) ? import.meta.resolve('tsx') : 'tsx', source];
}
