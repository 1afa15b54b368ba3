import { hostArchitecture } from '../program/architecture.ts';
import { ArchitectureMismatchError } from './errors.ts';

/** @throws {ArchitectureMismatchError} when the program is for another architecture than the image */
export function checkArchitecture(file: string, found: string, expected = hostArchitecture()): void {
  if (found !== expected) throw new ArchitectureMismatchError(file, expected, found);
}
